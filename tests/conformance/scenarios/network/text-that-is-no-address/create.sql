CREATE TABLE t (id int NOT NULL PRIMARY KEY, a varchar(40));
INSERT INTO t (id, a)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, IF(i = 35, 'nowhere', '::1') FROM n;
