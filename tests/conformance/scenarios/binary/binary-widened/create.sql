CREATE TABLE t (id int NOT NULL PRIMARY KEY, a binary(4), b binary(16) NOT NULL, KEY (a));
INSERT INTO t (id, a, b)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, ELT(1 + i % 4, X'00', X'6100', 'ab  ', X'FF'), LPAD(HEX(i), 16, X'00') FROM n;
