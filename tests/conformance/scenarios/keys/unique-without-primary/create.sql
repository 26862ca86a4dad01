CREATE TABLE t (
  k int NOT NULL,
  v int,
  UNIQUE KEY k_uidx (k)
);
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT n * 3 - 50, n FROM n;
