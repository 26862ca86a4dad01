MODIFY id varbinary(9) NOT NULL
