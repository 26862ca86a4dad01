MODIFY v varchar(20)
