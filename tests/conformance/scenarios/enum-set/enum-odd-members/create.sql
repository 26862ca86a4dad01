CREATE TABLE t (id int NOT NULL PRIMARY KEY, v enum('a,b','it''s','back\\slash','(x)','','日本','"q"',' lead'), KEY (v)) CHARACTER SET utf8mb4;
INSERT INTO t (id, v)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, 1 + i % 8 FROM n;
