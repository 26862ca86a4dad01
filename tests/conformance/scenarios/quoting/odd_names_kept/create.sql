CREATE TABLE t (
  `select` int NOT NULL AUTO_INCREMENT,
  `a ``b` int NOT NULL DEFAULT 0,
  `DROP COLUMN x,` varchar(40) DEFAULT NULL,
  `ünï cödé 日本` varchar(40) NOT NULL DEFAULT 'c',
  `%s {0} \` int DEFAULT 1,
  `to` int DEFAULT 2,
  PRIMARY KEY (`select`),
  KEY `primary key` (`a ``b`)
) DEFAULT CHARACTER SET utf8mb4;
INSERT INTO t (`select`, `a ``b`, `DROP COLUMN x,`, `ünï cödé 日本`)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 40)
  SELECT i, i * 10, IF(i % 5 = 0, NULL, CONCAT('b', i)), CONCAT('c', i) FROM n;
