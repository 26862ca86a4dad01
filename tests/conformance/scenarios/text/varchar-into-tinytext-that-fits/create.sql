CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(300), w varchar(50)) CHARACTER SET latin1;
INSERT INTO t (id, v, w)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, REPEAT('x', 5 * i), CONCAT(i, '  ') FROM n;
