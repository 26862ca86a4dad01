ADD d date NOT NULL
