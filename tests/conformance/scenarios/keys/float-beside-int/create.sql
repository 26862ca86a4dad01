CREATE TABLE t (
  f float NOT NULL,
  k int NOT NULL,
  v int,
  PRIMARY KEY (f), UNIQUE KEY k_uidx (k)
);
INSERT INTO t (f, k, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT n / 8, n, n FROM n;
