ADD FULLTEXT KEY words (b), ADD n int
