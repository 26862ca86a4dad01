SET sql_mode = '';
CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a int, b varchar(20), c decimal(10,3)
);
INSERT INTO t WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT n, n * 10, CONCAT(n, 'x'), n * 1000 FROM n;
