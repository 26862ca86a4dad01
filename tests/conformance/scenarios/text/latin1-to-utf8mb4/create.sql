CREATE TABLE t (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  v varchar(60), c char(9), a tinytext, b text, d mediumtext, e longtext
) CHARACTER SET latin1;
INSERT INTO t (id, v, c, a, b, d, e)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 99)
  SELECT i, CHAR(i USING latin1), CHAR(i USING latin1), CHAR(255 - i USING latin1), REPEAT(CHAR(i USING latin1), i), CONCAT(CHAR(127 + i / 2 USING latin1), 'x'), CHAR(128 + i / 2 USING latin1) FROM n;
