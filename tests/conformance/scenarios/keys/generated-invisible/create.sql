SET sql_generate_invisible_primary_key = ON;
CREATE TABLE t (
  v int
);
INSERT INTO t (v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT n FROM n;
