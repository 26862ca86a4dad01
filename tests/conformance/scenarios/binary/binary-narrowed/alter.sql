MODIFY a binary(2)
