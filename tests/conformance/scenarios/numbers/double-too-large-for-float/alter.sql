MODIFY a float
