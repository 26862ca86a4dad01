-- before the copy
UPDATE t SET v = 'a', w = 'a,d' WHERE id = 2;
-- while copying
UPDATE t SET v = 'a', w = 'a,d' WHERE id = 3;
UPDATE t SET v = 'd', w = '' WHERE id IN (25, 40);
INSERT INTO t (id, v, w) VALUES (100, 'd', ''), (101, NULL, NULL);
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = NULL, w = NULL WHERE id IN (4, 30, 100);
UPDATE t SET v = 'd', w = '' WHERE id = 1;
INSERT INTO t (id, v, w) VALUES (102, 'a', 'a,d'), (103, 'd', ''), (104, NULL, NULL);
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
