CREATE TABLE t (
  id int NOT NULL AUTO_INCREMENT,
  a int NOT NULL,
  b varchar(40) DEFAULT NULL,
  c varchar(40) NOT NULL DEFAULT 'c',
  d varchar(9) DEFAULT 'old',
  e decimal(10,2) NOT NULL DEFAULT 1.5,
  PRIMARY KEY (id),
  KEY k (b)
);
INSERT INTO t (id, a, b, c)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 40)
  SELECT i, i * 10, IF(i % 5 = 0, NULL, CONCAT('b', i)), CONCAT('c', i) FROM n;
