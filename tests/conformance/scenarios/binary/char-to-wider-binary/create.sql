CREATE TABLE t (id int NOT NULL PRIMARY KEY, a char(4), b char(4) CHARACTER SET utf8mb4, c char(4) CHARACTER SET ucs2) CHARACTER SET latin1;
INSERT INTO t (id, a, b, c)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, ELT(1 + i % 4, '', 'a', ' b', 'abcd'), 'é😀', CONCAT('x', i) FROM n;
