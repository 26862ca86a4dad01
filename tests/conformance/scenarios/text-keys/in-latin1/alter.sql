ADD n int
