CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(100), w text, FULLTEXT KEY ft (v, w)) CHARACTER SET utf8mb4;
INSERT INTO t (id, v, w)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, CONCAT('quick brown fox ', i), REPEAT('lazy dog ', i) FROM n;
