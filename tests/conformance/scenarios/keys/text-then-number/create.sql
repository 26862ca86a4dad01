CREATE TABLE t (
  a varchar(10) CHARACTER SET utf8mb4 NOT NULL,
  b int NOT NULL,
  v int,
  PRIMARY KEY (a, b)
);
INSERT INTO t (a, b, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT ELT(1 + n MOD 4, 'b', 'A', _utf8mb4 X'C3A4', 'Z'), n, n FROM n;
