CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  d double,
  f float
);
INSERT INTO t VALUES
  (1, 0.125, 0.125),
  (2, -2.675, -2.675),
  (3, 1e15, 1e10),
  (4, NULL, NULL),
  (5, -0e0, -0e0);
INSERT INTO t WITH RECURSIVE n (n) AS (SELECT 11 UNION ALL SELECT n + 1 FROM n WHERE n < 40) SELECT n, n / 7, n / 7 FROM n;
