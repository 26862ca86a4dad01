CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a varchar(30),
  b varchar(40),
  c varchar(40)
);
INSERT INTO t VALUES
  (1, '-2147483648', '1.005', '1e100'),
  (2, '0042', '-.5', '-0'),
  (3, NULL, NULL, NULL),
  (4, '+7', '1e2', '.1');
INSERT INTO t WITH RECURSIVE n (n) AS (SELECT 11 UNION ALL SELECT n + 1 FROM n WHERE n < 40) SELECT n, n, n / 7, n / 7 FROM n;
