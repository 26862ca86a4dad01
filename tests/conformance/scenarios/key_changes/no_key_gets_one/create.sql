CREATE TABLE t (a int NOT NULL, b int, KEY (a));
INSERT INTO t VALUES (1, 1), (3, 1), (2, 2);
