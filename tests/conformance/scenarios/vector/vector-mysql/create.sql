CREATE TABLE t (id int NOT NULL PRIMARY KEY, v vector(3), w vector(4) NOT NULL, b varbinary(40), n int);
INSERT INTO t (id, v, w, b, n)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, STRING_TO_VECTOR(CONCAT('[', i, ',-0.5,1e10]')), STRING_TO_VECTOR('[1,2,3]'), STRING_TO_VECTOR('[1,2]'), i FROM n;
