MODIFY k binary(8) NOT NULL
