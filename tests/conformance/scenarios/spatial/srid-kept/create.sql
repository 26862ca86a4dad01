CREATE TABLE t (id int NOT NULL PRIMARY KEY, a point NOT NULL SRID 4326, f geometry, n int, SPATIAL KEY (a));
INSERT INTO t (id, a, f, n)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, ST_GeomFromText(CONCAT('POINT(', i, ' ', -i, ')'), 4326), ST_GeomFromText('POINT(1 2)', IF(i % 2, 3857, 0)), i FROM n;
