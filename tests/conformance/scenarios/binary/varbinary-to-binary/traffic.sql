-- before the copy
UPDATE t SET a = X'00', b = X'00' WHERE id = 2;
-- while copying
UPDATE t SET a = X'00', b = X'00' WHERE id = 3;
UPDATE t SET a = 'a ', b = NULL WHERE id IN (25, 40);
INSERT INTO t (id, a, b) VALUES (100, 'a ', NULL), (101, '', '');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET a = '', b = '' WHERE id IN (4, 30, 100);
UPDATE t SET a = 'a ', b = NULL WHERE id = 1;
INSERT INTO t (id, a, b) VALUES (102, X'00', X'00'), (103, 'a ', NULL), (104, '', '');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
