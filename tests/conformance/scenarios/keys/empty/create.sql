CREATE TABLE t (
  k int NOT NULL PRIMARY KEY,
  v int
);
