CREATE TABLE t (id int NOT NULL PRIMARY KEY, v json, n int);
INSERT INTO t (id, v, n)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, CONCAT(REPEAT('[', 1 + i DIV 2), REPEAT(']', 1 + i DIV 2)), i FROM n;
UPDATE t SET v = CONCAT('[', REPEAT('{"key": "value é"},', 1000), '0]') WHERE id IN (10, 39);
