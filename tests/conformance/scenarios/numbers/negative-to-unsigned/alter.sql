MODIFY a int unsigned
