CREATE TABLE t (id int NOT NULL PRIMARY KEY, c char(10), v varchar(20), w text, x tinytext) CHARACTER SET utf8mb4;
INSERT INTO t (id, c, v, w, x)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, CONCAT('é', i), CONCAT('v ', i, '  '), REPEAT('w ', i), NULLIF('x', IF(i % 3, '', 'x')) FROM n;
