SET auto_increment_increment = 10, auto_increment_offset = 3;
CREATE TABLE t (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  v int
);
INSERT INTO t (v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT n FROM n;
