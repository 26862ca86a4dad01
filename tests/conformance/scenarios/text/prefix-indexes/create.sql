CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(100), w text, b blob, KEY kv (v(3)), KEY kw (w(10)), KEY kb (b(7))) CHARACTER SET utf8mb4;
INSERT INTO t (id, v, w, b)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, CONCAT('é', i), CONCAT('日', i), CONCAT(X'00FF', i) FROM n;
