MODIFY b varchar(99), ADD n int
