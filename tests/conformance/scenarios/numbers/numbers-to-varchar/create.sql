CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a int,
  b decimal(20,10),
  c double,
  d bigint(12) unsigned zerofill,
  e float,
  y year
);
INSERT INTO t VALUES
  (1, -2147483648, 1.5, 1e100, 42, 0.1, 1901),
  (2, 0, -0.0000000001, -0e0, 0, 16777217, 0),
  (3, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 1, 100, 123456789.123456789, 7, 1e-10, 2155);
INSERT INTO t WITH RECURSIVE n (n) AS (SELECT 11 UNION ALL SELECT n + 1 FROM n WHERE n < 40) SELECT n, n, n / 7, n / 7, n, n / 7, 2000 + n FROM n;
