MODIFY v tinytext, MODIFY w varchar(10)
