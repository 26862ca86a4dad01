CHANGE a `to` int NOT NULL, RENAME COLUMN b TO `column`, CHANGE COLUMN `c` `change` varchar(40) NOT NULL DEFAULT 'drop'
