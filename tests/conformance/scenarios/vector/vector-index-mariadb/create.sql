CREATE TABLE t (id int NOT NULL PRIMARY KEY, v vector(3) NOT NULL, n int, VECTOR INDEX (v));
INSERT INTO t (id, v, n)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, VEC_FromText(CONCAT('[', i, ',-0.5,1e10]')), i FROM n;
