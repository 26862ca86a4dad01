MODIFY a int, MODIFY b decimal(20,2), MODIFY c double
