CREATE TABLE t (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  a int NOT NULL,
  h varchar(20) INVISIBLE DEFAULT 'hidden',
  b varchar(40) DEFAULT NULL,
  c varchar(40) NOT NULL DEFAULT 'c'
);
INSERT INTO t (id, a, b, c, h)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 40)
  SELECT i, i, 'b', 'c', IF(i % 3 = 0, NULL, CONCAT('h', i)) FROM n;
