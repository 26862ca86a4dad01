ADD x int NOT NULL DEFAULT (3 * 7), ADD y varchar(100) NOT NULL DEFAULT (CONCAT(c, '/', a))
