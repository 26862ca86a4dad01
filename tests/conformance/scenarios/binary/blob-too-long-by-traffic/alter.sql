MODIFY v tinyblob
