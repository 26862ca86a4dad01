MODIFY a binary(6), MODIFY b binary(4)
