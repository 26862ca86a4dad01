MODIFY c varchar(10)
