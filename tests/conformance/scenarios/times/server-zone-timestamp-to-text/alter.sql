MODIFY a varchar(40)
