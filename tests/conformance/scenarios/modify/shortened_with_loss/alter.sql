MODIFY c varchar(2) NOT NULL
