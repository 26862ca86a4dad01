MODIFY v varbinary(4)
