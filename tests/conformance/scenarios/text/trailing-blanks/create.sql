CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(20), c char(20), w text, KEY (v), KEY (w(5))) CHARACTER SET latin1;
INSERT INTO t (id, v, c, w)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, CONCAT('a', REPEAT(' ', i % 5)), CONCAT('b', REPEAT(' ', i % 4)), CONCAT('c', REPEAT(CHAR(9), i % 3), REPEAT(' ', i % 7)) FROM n;
