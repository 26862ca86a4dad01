CREATE TABLE t (
  k int NOT NULL,
  v int,
  c char(10) DEFAULT 'abc', PRIMARY KEY (k)
);
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT n, n FROM n;
