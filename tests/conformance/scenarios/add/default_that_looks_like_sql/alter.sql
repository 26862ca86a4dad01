ADD x varchar(60) NOT NULL DEFAULT 'x, DROP COLUMN a, RENAME COLUMN b TO y' COMMENT 'CHANGE a z int, DROP b; -- /*', ADD y varchar(9) DEFAULT "it''s"
