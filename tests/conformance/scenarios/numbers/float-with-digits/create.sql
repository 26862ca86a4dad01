CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  f float(7,3),
  d double(20,10),
  u float unsigned,
  z double zerofill
);
INSERT INTO t VALUES
  (1, 9999.999, 9999999999.9999999999, 1, 1),
  (2, -9999.999, -9999999999.9999999999, 0, 0),
  (3, 0.0005, 0.00000000005, 0.1, 0.1),
  (4, NULL, NULL, NULL, NULL);
INSERT INTO t WITH RECURSIVE n (n) AS (SELECT 11 UNION ALL SELECT n + 1 FROM n WHERE n < 40) SELECT n, n / 7, n / 7, n / 7, n / 7 FROM n;
