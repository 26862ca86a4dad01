CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a tinyint,
  b smallint unsigned,
  c mediumint,
  d int unsigned
);
INSERT INTO t VALUES
  (1, -128, 0, -8388608, 0),
  (2, 127, 65535, 8388607, 4294967295),
  (3, NULL, NULL, NULL, NULL),
  (4, 0, 1, -1, 1);
INSERT INTO t WITH RECURSIVE n (n) AS (SELECT 11 UNION ALL SELECT n + 1 FROM n WHERE n < 40) SELECT n, n, n, n, n FROM n;
