CREATE TABLE t (
  `a``b` int NOT NULL,
  `select from` int NOT NULL,
  v int,
  UNIQUE KEY `odd ``key` (`a``b`, `select from`)
);
INSERT INTO t (`a``b`, `select from`, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT n MOD 4, n, n FROM n;
