MODIFY c varchar(12), MODIFY v text, MODIFY w varchar(300), MODIFY x char(50)
