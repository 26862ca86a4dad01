MODIFY a longblob, MODIFY b varbinary(250), MODIFY c tinyblob, MODIFY d blob
