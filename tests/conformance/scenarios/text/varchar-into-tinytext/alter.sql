MODIFY v tinytext
