MODIFY v varchar(5)
