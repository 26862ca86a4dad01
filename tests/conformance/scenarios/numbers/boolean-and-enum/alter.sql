MODIFY a enum('a','b','c'), MODIFY b tinyint, MODIFY c int unsigned, MODIFY d set('k','l')
