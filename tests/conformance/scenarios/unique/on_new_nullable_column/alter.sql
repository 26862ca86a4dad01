ADD n int NULL, ADD UNIQUE (n), ADD m varchar(9) DEFAULT NULL, ADD UNIQUE KEY u (a, m)
