MODIFY v varbinary(40), MODIFY w blob, MODIFY c varbinary(9)
