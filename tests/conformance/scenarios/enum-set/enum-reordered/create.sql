CREATE TABLE t (id int NOT NULL PRIMARY KEY, v enum('a','b','c','d'), KEY (v)) CHARACTER SET utf8mb4;
INSERT INTO t (id, v)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, ELT(1 + i % 4, 'a', 'b', 'c', 'd') FROM n;
