CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(20));
INSERT INTO t (id, v)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, IF(i = 35, 'abcdef', 'abc') FROM n;
