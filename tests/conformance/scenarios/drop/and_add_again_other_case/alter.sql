DROP COLUMN B, ADD COLUMN b varchar(40) DEFAULT 'fresh', DROP `C`, ADD `c` int
