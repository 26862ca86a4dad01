CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a int(5) unsigned zerofill,
  b bigint(20) unsigned zerofill,
  c tinyint(3) unsigned zerofill NOT NULL DEFAULT 7
);
INSERT INTO t VALUES
  (1, 42, 42, 1),
  (2, 4294967295, 18446744073709551615, 255),
  (3, 0, 0, 0),
  (4, NULL, NULL, 9);
INSERT INTO t WITH RECURSIVE n (n) AS (SELECT 11 UNION ALL SELECT n + 1 FROM n WHERE n < 40) SELECT n, n, n * 1000, n FROM n;
