ADD COLUMN n int, MODIFY v varchar(30)
