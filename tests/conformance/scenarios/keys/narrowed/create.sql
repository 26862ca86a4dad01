CREATE TABLE t (
  a int NOT NULL,
  b int NOT NULL,
  v int,
  PRIMARY KEY (a, b)
);
INSERT INTO t (a, b, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT n MOD 3, n, n FROM n;
