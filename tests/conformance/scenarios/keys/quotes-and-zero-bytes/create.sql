CREATE TABLE t (
  k varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  v int
);
INSERT INTO t VALUES ('', 1), ('\'', 2), ('"', 3), ('\\', 4), ('\0', 5), ('\n', 6), (',', 7), ('a,b', 8), ('`', 9), ('%', 10), ('_', 11), ('\Z', 12), ('--', 13), ('/*', 14), (';', 15), ('\\\'', 16), ('NULL', 17), (X'EFBFBF', 18), (X'F48FBFBF', 19), ('%s', 20), ('\r\n', 21), ('a\0b', 22);
