ADD d timestamp NOT NULL, ADD e timestamp NULL
