-- before the copy
UPDATE t SET v = '\0\0', w = '\\' WHERE id = 2;
-- while copying
UPDATE t SET v = '\0\0', w = '\\' WHERE id = 3;
UPDATE t SET v = '''"', w = '\Z' WHERE id IN (25, 40);
INSERT INTO t (id, v, w) VALUES (100, '''"', '\Z'), (101, '%s', '\r\n');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
SET sql_mode = 'NO_BACKSLASH_ESCAPES';
UPDATE t SET v = '\' WHERE id = 11;
UPDATE t SET v = '%s', w = '\r\n' WHERE id IN (4, 30, 100);
UPDATE t SET v = '''"', w = '\Z' WHERE id = 1;
INSERT INTO t (id, v, w) VALUES (102, '\0\0', '\\'), (103, '''"', '\Z'), (104, '%s', '\r\n');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
