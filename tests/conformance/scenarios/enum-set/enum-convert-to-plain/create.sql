CREATE TABLE t (id int NOT NULL PRIMARY KEY, v enum('a','b','c','d'), w set('a','b','c','d'), KEY (v)) CHARACTER SET latin1;
INSERT INTO t (id, v, w)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, 1 + i % 4, i % 16 FROM n;
