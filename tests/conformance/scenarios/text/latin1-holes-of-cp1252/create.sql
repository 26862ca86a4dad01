CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(20), w text) CHARACTER SET latin1;
INSERT INTO t (id, v, w)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, CONCAT('a', ELT(1 + i % 5, _latin1 X'81', _latin1 X'8D', _latin1 X'8F', _latin1 X'90', _latin1 X'9D')), REPEAT(_latin1 X'819D80', i) FROM n;
