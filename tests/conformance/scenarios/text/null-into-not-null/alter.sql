MODIFY v varchar(5) NOT NULL
