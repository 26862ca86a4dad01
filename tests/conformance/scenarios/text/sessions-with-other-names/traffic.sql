-- before the copy
SET NAMES latin1;
UPDATE t SET v = 'äöü', w = 'äöü' WHERE id = 2;
-- while copying
SET NAMES cp1251;
SET sql_mode = '';
UPDATE t SET v = 'äöü', w = 'äöü' WHERE id = 3;
UPDATE t SET v = 'ß€', w = 'ß' WHERE id IN (25, 40);
INSERT INTO t (id, v, w) VALUES (100, 'ß€', 'ß'), (101, 'naïve', NULL);
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
SET NAMES latin2;
SET sql_mode = '';
UPDATE t SET v = 'naïve', w = NULL WHERE id IN (4, 30, 100);
UPDATE t SET v = 'ß€', w = 'ß' WHERE id = 1;
INSERT INTO t (id, v, w) VALUES (102, 'äöü', 'äöü'), (103, 'ß€', 'ß'), (104, 'naïve', NULL);
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
