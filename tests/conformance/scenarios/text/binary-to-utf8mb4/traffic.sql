-- before the copy
UPDATE t SET v = X'C3A4', w = 'x ' WHERE id = 2;
-- while copying
UPDATE t SET v = X'C3A4', w = 'x ' WHERE id = 3;
UPDATE t SET v = 'ab', w = NULL WHERE id IN (25, 40);
INSERT INTO t (id, v, w) VALUES (100, 'ab', NULL), (101, '', X'F09F9880');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = '', w = X'F09F9880' WHERE id IN (4, 30, 100);
UPDATE t SET v = 'ab', w = NULL WHERE id = 1;
INSERT INTO t (id, v, w) VALUES (102, X'C3A4', 'x '), (103, 'ab', NULL), (104, '', X'F09F9880');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
