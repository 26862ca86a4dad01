DROP CONSTRAINT a_small, ADD n int
