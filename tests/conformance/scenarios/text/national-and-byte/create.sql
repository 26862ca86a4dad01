CREATE TABLE t (id int NOT NULL PRIMARY KEY, a nchar(5), b nvarchar(20), c long varchar, d char byte, e varchar(20) CHARACTER SET binary) CHARACTER SET latin1;
INSERT INTO t (id, a, b, c, d, e)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, 'é', CONCAT('日', i), REPEAT('x', i), X'FF', X'C3A400' FROM n;
