-- before the copy
UPDATE t SET v = NULL, c = NULL, w = NULL, b = NULL, l = NULL WHERE id = 2;
-- while copying
UPDATE t SET v = NULL, c = NULL, w = NULL, b = NULL, l = NULL WHERE id = 3;
UPDATE t SET v = '', c = '', w = '', b = '', l = '' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, w, b, l) VALUES (100, '', '', '', '', ''), (101, ' ', ' ', ' ', ' ', ' ');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = ' ', c = ' ', w = ' ', b = ' ', l = ' ' WHERE id IN (4, 30, 100);
UPDATE t SET v = '', c = '', w = '', b = '', l = '' WHERE id = 1;
INSERT INTO t (id, v, c, w, b, l) VALUES (102, NULL, NULL, NULL, NULL, NULL), (103, '', '', '', '', ''), (104, ' ', ' ', ' ', ' ', ' ');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
