CREATE TABLE t (id int NOT NULL PRIMARY KEY, v json, w json);
INSERT INTO t (id, v, w)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, JSON_OBJECT('a', i, 'pad', REPEAT('x', 500), 'l', JSON_ARRAY(1, 2, 3)), JSON_OBJECT('k', 'some text here') FROM n;
