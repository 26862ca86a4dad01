CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a tinyint,
  b enum('x','y','z'),
  c set('p','q'),
  d int
);
INSERT INTO t VALUES
  (1, 1, 'x', '', 3),
  (2, 3, 'z', 'p,q', 1),
  (3, NULL, NULL, NULL, NULL);
INSERT INTO t WITH RECURSIVE n (n) AS (SELECT 11 UNION ALL SELECT n + 1 FROM n WHERE n < 40) SELECT n, 1 + n MOD 3, 1 + n MOD 3, n MOD 4, n MOD 4 FROM n;
