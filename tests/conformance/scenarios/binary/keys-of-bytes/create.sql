CREATE TABLE t (id varbinary(20) NOT NULL PRIMARY KEY, v int);
INSERT INTO t (id, v)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT CONCAT(UNHEX(LPAD(HEX(i * 5), 2, '0')), REPEAT(X'00', i % 3)), i FROM n;
INSERT INTO t VALUES ('', 100), (X'00', 101), (' ', 102), ('a', 103), ('a ', 104), (X'6100', 105);
