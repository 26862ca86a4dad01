-- before the copy
UPDATE t SET v = 1 WHERE id = 2;
-- while copying
UPDATE t SET v = 1 WHERE id = 3;
UPDATE t SET v = 4 WHERE id IN (25, 40);
INSERT INTO t (id, v) VALUES (100, 4), (101, NULL);
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = NULL WHERE id IN (4, 30, 100);
UPDATE t SET v = 4 WHERE id = 1;
INSERT INTO t (id, v) VALUES (102, 1), (103, 4), (104, NULL);
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
