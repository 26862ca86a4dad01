MODIFY v varchar(9), MODIFY c char(9), MODIFY w mediumtext, MODIFY b varbinary(9), MODIFY l mediumblob
