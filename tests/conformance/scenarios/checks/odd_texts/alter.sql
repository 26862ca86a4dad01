ADD n int, DROP CONSTRAINT second
