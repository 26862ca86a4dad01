CREATE TABLE t (
  a int,
  b int NOT NULL,
  v int,
  UNIQUE KEY a_uidx (a), UNIQUE KEY b_uidx (b)
);
INSERT INTO t (a, b, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT NULLIF(n MOD 5, 0) * 100 + n, n, n FROM n;
