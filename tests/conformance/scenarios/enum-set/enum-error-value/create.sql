CREATE TABLE t (id int NOT NULL PRIMARY KEY, v enum('a','b'), n int);
SET sql_mode = '';
INSERT INTO t (id, v, n)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, 1 + i % 2, i FROM n;
