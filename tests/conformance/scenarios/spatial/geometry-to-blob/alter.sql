MODIFY a longblob
