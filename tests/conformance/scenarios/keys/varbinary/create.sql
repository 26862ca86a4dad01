CREATE TABLE t (
  k varbinary(12) NOT NULL,
  v int,
  PRIMARY KEY (k)
);
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT CONCAT('k', n DIV 3, ELT(1 + n MOD 3, '', X'00', X'20')), n FROM n;
