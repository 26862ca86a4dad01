CREATE TABLE t (
  k enum('z','y','x','w','v','u','t','s') NOT NULL,
  m int NOT NULL,
  v int,
  PRIMARY KEY (k, m)
);
INSERT INTO t (k, m, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT 1 + n MOD 8, n, n FROM n;
