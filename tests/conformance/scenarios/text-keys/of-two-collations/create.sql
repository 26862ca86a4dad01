CREATE TABLE t (a varchar(10) CHARACTER SET latin1 COLLATE latin1_german2_ci NOT NULL, b char(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_turkish_ci NOT NULL, n int NOT NULL, v int, PRIMARY KEY (a, b, n));
INSERT INTO t (a, b, n, v)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT ELT(1 + i % 4, 'ä', 'o', 'ß', 'I'), ELT(1 + i % 3, 'i', 'I', 'ı'), i, i FROM n;
