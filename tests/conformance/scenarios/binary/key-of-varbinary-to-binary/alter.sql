MODIFY id binary(4) NOT NULL
