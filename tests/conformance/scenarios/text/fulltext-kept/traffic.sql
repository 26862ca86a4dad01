-- before the copy
UPDATE t SET v = 'jumps', w = 'over' WHERE id = 2;
-- while copying
UPDATE t SET v = 'jumps', w = 'over' WHERE id = 3;
UPDATE t SET v = NULL, w = 'the' WHERE id IN (25, 40);
INSERT INTO t (id, v, w) VALUES (100, NULL, 'the'), (101, '', NULL);
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = '', w = NULL WHERE id IN (4, 30, 100);
UPDATE t SET v = NULL, w = 'the' WHERE id = 1;
INSERT INTO t (id, v, w) VALUES (102, 'jumps', 'over'), (103, NULL, 'the'), (104, '', NULL);
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
