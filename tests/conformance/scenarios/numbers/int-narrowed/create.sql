CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a bigint,
  b bigint unsigned,
  c int
);
INSERT INTO t VALUES
  (1, -128, 255, 8388607),
  (2, 127, 0, -8388608),
  (3, NULL, NULL, NULL),
  (4, 0, 1, 0);
INSERT INTO t WITH RECURSIVE n (n) AS (SELECT 11 UNION ALL SELECT n + 1 FROM n WHERE n < 40) SELECT n, n, n, n FROM n;
