CREATE TABLE t (
  k varchar(20) CHARACTER SET latin1 COLLATE latin1_general_cs NOT NULL,
  v int,
  PRIMARY KEY (k)
);
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT CONCAT(IF(n MOD 2, 'k', 'K'), n DIV 2), n FROM n;
