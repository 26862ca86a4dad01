CHANGE "a" "z" int NOT NULL
