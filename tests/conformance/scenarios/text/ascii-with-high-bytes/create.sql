CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(40) CHARACTER SET ascii, n int);
SET sql_mode = '';
INSERT INTO t (id, v, n)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, CONCAT('a', i), i FROM n;
