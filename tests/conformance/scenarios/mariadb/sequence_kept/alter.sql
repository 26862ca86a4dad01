ADD n int, MODIFY b varchar(60)
