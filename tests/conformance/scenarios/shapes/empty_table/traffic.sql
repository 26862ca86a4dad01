-- before the copy
INSERT INTO t (a) VALUES (1), (2);
-- after the copy
INSERT INTO t (a) VALUES (3);
DELETE FROM t WHERE a = 1;
