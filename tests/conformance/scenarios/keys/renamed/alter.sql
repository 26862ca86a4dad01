CHANGE k `new key` int NOT NULL
