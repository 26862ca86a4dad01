MODIFY a int NOT NULL COMMENT 'it''s \\ a; comment -- DROP COLUMN b', MODIFY b varchar(40) COMMENT "double "" quoted", COMMENT=''
