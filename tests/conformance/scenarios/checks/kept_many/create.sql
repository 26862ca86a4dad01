CREATE TABLE t (
  id int NOT NULL AUTO_INCREMENT,
  a int NOT NULL,
  b varchar(40) DEFAULT NULL,
  c varchar(40) NOT NULL DEFAULT 'c',
  PRIMARY KEY (id),
  CHECK (a < 100000),
  CHECK (a < 100001),
  CHECK (a < 100002),
  CHECK (a < 100003),
  CHECK (a < 100004),
  CHECK (a < 100005),
  CHECK (a < 100006),
  CHECK (a < 100007),
  CHECK (a < 100008),
  CHECK (a < 100009),
  CHECK (a < 100010),
  CHECK (a < 100011),
  CONSTRAINT dropped CHECK (a > -200000)
);
INSERT INTO t (id, a, b, c)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 40)
  SELECT i, i * 10, IF(i % 5 = 0, NULL, CONCAT('b', i)), CONCAT('c', i) FROM n;
