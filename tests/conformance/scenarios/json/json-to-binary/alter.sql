MODIFY v longblob
