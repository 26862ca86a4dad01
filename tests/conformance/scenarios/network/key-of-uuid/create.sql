CREATE TABLE t (id uuid NOT NULL PRIMARY KEY, v int);
INSERT INTO t (id, v)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT CONCAT(LPAD(HEX(i * 7 % 50), 8, '0'), '-4f89-', 1 + i % 3, '1d3-9a0c-0305e82c', LPAD(i, 4, '0')), i FROM n;
