CREATE TABLE t (
  k varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_nopad_as_cs NOT NULL,
  v int,
  PRIMARY KEY (k)
);
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT CONCAT(IF(n MOD 4 < 2, 'k', 'K'), n DIV 4, IF(n MOD 2, ' ', '')), n FROM n;
