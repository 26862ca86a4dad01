CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(5), c char(5), w text, b varbinary(5), l blob);
INSERT INTO t (id, v, c, w, b, l)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, IF(i % 2, '', NULL), IF(i % 3, '', NULL), IF(i % 4, '', NULL), IF(i % 5, '', NULL), IF(i % 6, '', NULL) FROM n;
