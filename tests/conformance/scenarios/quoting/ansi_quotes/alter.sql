CHANGE "a" "z" bigint NOT NULL, RENAME COLUMN "b" TO "say ""b""", DROP COLUMN "c", ADD "c" varchar(9) DEFAULT 'new "c"'
