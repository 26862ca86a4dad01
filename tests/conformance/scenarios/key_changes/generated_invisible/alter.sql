ADD n int DEFAULT 1, MODIFY b varchar(60)
