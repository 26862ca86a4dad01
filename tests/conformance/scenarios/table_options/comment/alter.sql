COMMENT = 'it''s; a "comment", DROP COLUMN a', ADD n int
