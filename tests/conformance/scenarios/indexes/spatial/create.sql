CREATE TABLE t (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  a int NOT NULL,
  b varchar(40) DEFAULT NULL,
  c varchar(40) NOT NULL DEFAULT 'c',
  g point NOT NULL,
  h polygon NOT NULL,
  SPATIAL KEY old (h)
);
INSERT INTO t (id, a, g, h)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 40)
  SELECT i, i, POINT(i, -i / 3), ST_GeomFromText(CONCAT('POLYGON((0 0, 0 ', i, ', ', i, ' 0, 0 0))')) FROM n;
