CREATE TABLE t (id int NOT NULL PRIMARY KEY, a inet4, b inet6, c uuid, n int, KEY (a), KEY (b), KEY (c));
INSERT INTO t (id, a, b, c, n)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, CONCAT('10.0.0.', i), CONCAT('fe80::', i), CONCAT('3f2504e0-4f89-11d3-9a0c-0305e82c', LPAD(i, 4, '0')), i FROM n;
