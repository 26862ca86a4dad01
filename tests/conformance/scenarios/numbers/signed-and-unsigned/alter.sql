MODIFY a int unsigned, MODIFY b bigint, MODIFY c tinyint unsigned
