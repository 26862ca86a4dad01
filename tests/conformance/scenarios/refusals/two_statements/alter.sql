ADD n int; DROP TABLE t
