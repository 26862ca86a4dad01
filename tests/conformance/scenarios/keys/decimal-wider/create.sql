CREATE TABLE t (
  k decimal(10,2) NOT NULL,
  v int,
  PRIMARY KEY (k)
);
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT (n - 15) * 1.01, n FROM n;
