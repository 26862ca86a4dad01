ADD x varchar(9) DEFAULT 'ü', MODIFY v varchar(30) DEFAULT 'ö'
