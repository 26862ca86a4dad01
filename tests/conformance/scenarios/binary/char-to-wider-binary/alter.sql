MODIFY a binary(5), MODIFY b binary(16), MODIFY c binary(8)
