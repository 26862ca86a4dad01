MODIFY a tinyint
