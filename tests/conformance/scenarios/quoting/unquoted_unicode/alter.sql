CHANGE größe größe2 int NOT NULL, RENAME COLUMN 名前 TO なまえ, ADD $d_1 int DEFAULT 1
