ADD n int, DROP CONSTRAINT dropped
