CREATE TABLE t (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  v varchar(60), c char(9), a tinytext, b text, d mediumtext, e longtext
) CHARACTER SET utf32;
INSERT INTO t (id, v, c, a, b, d, e)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, ELT(1 + i % 4, '日本😀', 'ÄÖ', '😀 ', ''), LEFT(ELT(1 + i % 4, '日本😀', 'ÄÖ', '😀 ', ''), 9), ELT(1 + i % 4, '日本😀', 'ÄÖ', '😀 ', ''), CONCAT(ELT(1 + i % 4, '日本😀', 'ÄÖ', '😀 ', ''), '-', i), REPEAT(ELT(1 + i % 4, '日本😀', 'ÄÖ', '😀 ', ''), i), NULLIF(ELT(1 + i % 4, '日本😀', 'ÄÖ', '😀 ', ''), '') FROM n;
