CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(50), w text) CHARACTER SET utf8mb4;
INSERT INTO t (id, v, w)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, CONCAT('a', CHAR(i - 1 USING utf8mb4), 'b'), CONCAT('\'"`\\%_%s{}\n\r\Z', i) FROM n;
