CREATE TABLE t (
  k inet6 NOT NULL,
  v int,
  PRIMARY KEY (k)
);
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT IF(n MOD 2, CONCAT('fe80::', HEX(n)), CONCAT('::ffff:10.0.0.', n)), n FROM n;
