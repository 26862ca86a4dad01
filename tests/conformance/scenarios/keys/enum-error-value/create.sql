SET sql_mode = 'NO_ENGINE_SUBSTITUTION';
CREATE TABLE t (
  k enum('a','b','c') NOT NULL,
  m int NOT NULL,
  v int,
  PRIMARY KEY (k, m)
);
INSERT IGNORE INTO t WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT ELT(1 + n MOD 4, 'a', 'x', 'b', 'c'), n DIV 4, n FROM n;
