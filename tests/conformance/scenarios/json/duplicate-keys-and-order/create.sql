CREATE TABLE t (id int NOT NULL PRIMARY KEY, v json, n int);
INSERT INTO t (id, v, n)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, ELT(1 + i % 3, '{"b":1,"a":2,"b":3}', '  { "zz" : 1 , "a":[ ] }', '{"": {"": ""}}'), i FROM n;
