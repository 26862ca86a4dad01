MODIFY id varbinary(30) NOT NULL, ADD n int
