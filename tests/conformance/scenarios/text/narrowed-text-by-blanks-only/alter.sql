MODIFY v varchar(3)
