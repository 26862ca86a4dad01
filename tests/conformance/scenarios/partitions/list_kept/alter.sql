MODIFY b varchar(60)
