CREATE TABLE t (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  a int NOT NULL,
  b varchar(40) DEFAULT NULL,
  c varchar(40) NOT NULL DEFAULT 'c',
  x text,
  e enum('x','y') DEFAULT 'y',
  y varbinary(20) DEFAULT 'y'
) DEFAULT CHARACTER SET latin1;
INSERT INTO t (id, a, b, c, x, e)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 40)
  SELECT i, i, CONCAT('äöü', i), 'ÿ', REPEAT('é', i), IF(i % 2, 'x', 'y') FROM n;
