CREATE TABLE t (e enum('x','y','z') NOT NULL, n int NOT NULL, v int, PRIMARY KEY (e, n));
INSERT INTO t (e, n, v)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT 1 + i % 3, i, i FROM n;
