-- before the copy
UPDATE t SET v = 'a', w = 'b', b = X'00' WHERE id = 2;
-- while copying
UPDATE t SET v = 'a', w = 'b', b = X'00' WHERE id = 3;
UPDATE t SET v = NULL, w = NULL, b = NULL WHERE id IN (25, 40);
INSERT INTO t (id, v, w, b) VALUES (100, NULL, NULL, NULL), (101, '', '', '');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = '', w = '', b = '' WHERE id IN (4, 30, 100);
UPDATE t SET v = NULL, w = NULL, b = NULL WHERE id = 1;
INSERT INTO t (id, v, w, b) VALUES (102, 'a', 'b', X'00'), (103, NULL, NULL, NULL), (104, '', '', '');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
