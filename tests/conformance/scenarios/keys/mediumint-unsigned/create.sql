CREATE TABLE t (
  k mediumint unsigned NOT NULL,
  v int,
  PRIMARY KEY (k)
);
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT 16777215 - n, n FROM n;
