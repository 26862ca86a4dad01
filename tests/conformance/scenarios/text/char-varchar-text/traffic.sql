-- before the copy
UPDATE t SET c = 'c ', v = 'v ', w = 'w ', x = 'x' WHERE id = 2;
-- while copying
UPDATE t SET c = 'c ', v = 'v ', w = 'w ', x = 'x' WHERE id = 3;
UPDATE t SET c = '', v = '', w = '', x = '' WHERE id IN (25, 40);
INSERT INTO t (id, c, v, w, x) VALUES (100, '', '', '', ''), (101, NULL, NULL, NULL, NULL);
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET c = NULL, v = NULL, w = NULL, x = NULL WHERE id IN (4, 30, 100);
UPDATE t SET c = '', v = '', w = '', x = '' WHERE id = 1;
INSERT INTO t (id, c, v, w, x) VALUES (102, 'c ', 'v ', 'w ', 'x'), (103, '', '', '', ''), (104, NULL, NULL, NULL, NULL);
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
