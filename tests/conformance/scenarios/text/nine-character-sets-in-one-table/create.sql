CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  c_latin1 varchar(30) CHARACTER SET latin1,
  c_utf8mb3 varchar(30) CHARACTER SET utf8mb3,
  c_utf8mb4 varchar(30) CHARACTER SET utf8mb4,
  c_gbk varchar(30) CHARACTER SET gbk,
  c_sjis varchar(30) CHARACTER SET sjis,
  c_ucs2 varchar(30) CHARACTER SET ucs2,
  c_utf16 varchar(30) CHARACTER SET utf16,
  c_utf32 varchar(30) CHARACTER SET utf32,
  c_ascii varchar(30) CHARACTER SET ascii,
  c_binary varchar(30) CHARACTER SET binary
) CHARACTER SET utf8mb4;
INSERT INTO t (id, c_latin1, c_utf8mb3, c_utf8mb4, c_gbk, c_sjis, c_ucs2, c_utf16, c_utf32, c_ascii, c_binary)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, 'é', 'é日', 'é日😀', '中', '日ｱ', 'é日', 'é日😀', '日😀', 'plain', CONCAT(X'00FF80', i) FROM n;
