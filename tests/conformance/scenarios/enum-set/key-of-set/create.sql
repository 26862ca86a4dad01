CREATE TABLE t (s set('x','y','z') NOT NULL, n int NOT NULL, v int, PRIMARY KEY (s, n));
INSERT INTO t (s, n, v)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i % 8, i, i FROM n;
