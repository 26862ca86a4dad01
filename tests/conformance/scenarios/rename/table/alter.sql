ADD n int, RENAME TO other
