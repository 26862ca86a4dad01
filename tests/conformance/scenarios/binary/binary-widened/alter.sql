MODIFY a binary(9), MODIFY b binary(17) NOT NULL
