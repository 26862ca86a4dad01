CREATE TABLE t (
  k varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  v int,
  PRIMARY KEY (k)
);
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT CONCAT(ELT(1 + n MOD 4, 'a', 'A', _utf8mb4 X'C3A4', _utf8mb4 X'F09F9880'), n DIV 4), n FROM n;
