MODIFY a binary(4), MODIFY b varbinary(4), MODIFY c blob
