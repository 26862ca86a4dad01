MODIFY a tinyint, MODIFY b tinyint unsigned, MODIFY c mediumint
