CREATE TABLE t (id int NOT NULL PRIMARY KEY, a point, b linestring, c polygon, d multipoint, e geometrycollection, f geometry, n int);
INSERT INTO t (id, a, b, c, d, e, f, n)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, ST_GeomFromText(CONCAT('POINT(', i, ' ', -i, ')')), ST_GeomFromText('LINESTRING(0 0,1 1,2 5)'), ST_GeomFromText('POLYGON((0 0,0 3,3 3,3 0,0 0),(1 1,1 2,2 2,2 1,1 1))'), ST_GeomFromText('MULTIPOINT(1 1,2 2)'), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))'), IF(i % 2, ST_GeomFromText('POINT(1 2)'), NULL), i FROM n;
