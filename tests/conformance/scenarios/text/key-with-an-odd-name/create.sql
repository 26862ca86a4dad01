CREATE TABLE t (`id ``%s'"ß` int NOT NULL PRIMARY KEY, v int);
INSERT INTO t (`id ``%s'"ß`, v)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, i FROM n;
