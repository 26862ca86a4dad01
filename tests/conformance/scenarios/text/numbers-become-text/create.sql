CREATE TABLE t (id int NOT NULL PRIMARY KEY, a float, b float(7,2), c year, d int(6) unsigned zerofill, e decimal(8,2) zerofill, f double, g float, h bigint) CHARACTER SET latin1;
INSERT INTO t (id, a, b, c, d, e, f, g, h)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, i / 7, i / 7, IF(i % 2, 0, 1980 + i), i, i / 7, i / 7, i * 1e20, -i FROM n;
