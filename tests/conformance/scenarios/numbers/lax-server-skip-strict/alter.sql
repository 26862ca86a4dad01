MODIFY a tinyint, MODIFY b int, MODIFY c decimal(4,1) unsigned
