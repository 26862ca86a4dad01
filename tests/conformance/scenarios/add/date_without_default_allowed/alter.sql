ADD d date NOT NULL, ADD e datetime(2) NOT NULL FIRST
