MODIFY a varbinary(9), MODIFY b blob
