CREATE TABLE t (id int NOT NULL PRIMARY KEY, a binary(4), b varbinary(8), c tinyblob, d blob, e mediumblob, f longblob, n int);
INSERT INTO t (id, a, b, c, d, e, f, n)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, ELT(1 + i % 4, X'00', X'6100', '', X'FF0000'), ELT(1 + i % 4, X'00', X'6100', '', X'FF0000'), X'0000', NULLIF(X'00', IF(i % 2, '', X'00')), REPEAT(X'00', i), '', i FROM n;
