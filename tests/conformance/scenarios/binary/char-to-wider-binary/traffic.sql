-- before the copy
UPDATE t SET a = 'a ', b = 'b', c = 'c' WHERE id = 2;
-- while copying
UPDATE t SET a = 'a ', b = 'b', c = 'c' WHERE id = 3;
UPDATE t SET a = NULL, b = NULL, c = NULL WHERE id IN (25, 40);
INSERT INTO t (id, a, b, c) VALUES (100, NULL, NULL, NULL), (101, '', '', '');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET a = '', b = '', c = '' WHERE id IN (4, 30, 100);
UPDATE t SET a = NULL, b = NULL, c = NULL WHERE id = 1;
INSERT INTO t (id, a, b, c) VALUES (102, 'a ', 'b', 'c'), (103, NULL, NULL, NULL), (104, '', '', '');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
