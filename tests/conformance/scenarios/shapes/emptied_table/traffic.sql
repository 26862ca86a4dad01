-- before the copy
DELETE FROM t WHERE id % 2 = 0;
-- after the copy
DELETE FROM t;
INSERT INTO t (a) VALUES (3);
