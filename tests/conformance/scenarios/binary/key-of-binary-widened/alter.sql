MODIFY id binary(8) NOT NULL
