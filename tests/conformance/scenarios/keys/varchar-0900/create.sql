CREATE TABLE t (
  k varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci NOT NULL,
  v int,
  PRIMARY KEY (k)
);
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT CONCAT('k', n DIV 2, IF(n MOD 2, ' ', '')), n FROM n;
