SET sql_generate_invisible_primary_key = ON;
CREATE TABLE t (
  a int NOT NULL,
  b varchar(40) DEFAULT NULL,
  c varchar(40) NOT NULL DEFAULT 'c'
);
INSERT INTO t (a, b, c)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 40)
  SELECT i * 10, IF(i % 5 = 0, NULL, CONCAT('b', i)), CONCAT('c', i) FROM n;
