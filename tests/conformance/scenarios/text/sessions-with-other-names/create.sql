CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(200), w text CHARACTER SET latin1) CHARACTER SET utf8mb4;
SET NAMES latin1;
INSERT INTO t (id, v, w)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, 'Grüße aus Köln', 'Grüße' FROM n;
