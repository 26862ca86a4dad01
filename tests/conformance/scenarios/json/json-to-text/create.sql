CREATE TABLE t (id int NOT NULL PRIMARY KEY, v json, w json) CHARACTER SET latin1;
INSERT INTO t (id, v, w)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, ELT(1 + i % 9, '{"a": 1, "b": [1, 2.50, 1e300]}', '18446744073709551615', '-9223372036854775808', '123456789012345678901234567890.123456789', '"é😀\\u0000\\n"', 'null', '[]', '{}', '{"a": {"b": {"c": [[[[true]]]]}}}'), '[1,2]' FROM n;
