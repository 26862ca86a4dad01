CHANGE c x varchar(40) NOT NULL FIRST, CHANGE a c bigint NOT NULL, DROP b, ADD a varchar(9) DEFAULT 'new a', ADD b varchar(40) DEFAULT 'new b' AFTER x
