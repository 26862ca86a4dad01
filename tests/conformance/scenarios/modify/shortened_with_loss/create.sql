CREATE TABLE t (
  id int NOT NULL AUTO_INCREMENT,
  a int NOT NULL,
  b varchar(40) DEFAULT NULL,
  c varchar(40) NOT NULL DEFAULT 'c',
  PRIMARY KEY (id)
);
INSERT INTO t (id, a, b, c)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 40)
  SELECT i, i * 10, IF(i % 5 = 0, NULL, CONCAT('b', i)), CONCAT('c', i) FROM n;
