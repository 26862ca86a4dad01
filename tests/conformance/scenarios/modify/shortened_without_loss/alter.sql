MODIFY a smallint NOT NULL, MODIFY b varchar(20), MODIFY c char(12) NOT NULL
