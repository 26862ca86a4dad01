CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  größe int NOT NULL,
  名前 varchar(40) DEFAULT '日本'
);
INSERT INTO t (id, größe)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 40)
  SELECT i, i FROM n;
