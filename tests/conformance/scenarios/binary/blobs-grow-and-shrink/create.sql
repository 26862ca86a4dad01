CREATE TABLE t (id int NOT NULL PRIMARY KEY, a tinyblob, b blob, c mediumblob, d varbinary(300));
INSERT INTO t (id, a, b, c, d)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, REPEAT(X'FF', i), REPEAT(X'00', i * 5), REPEAT('x', i), REPEAT(X'80', i) FROM n;
