MODIFY a int
