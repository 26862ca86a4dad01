-- before the copy
UPDATE t SET a = '日', b = '本', c = 'c', d = 'd', e = 'e' WHERE id = 2;
-- while copying
UPDATE t SET a = '日', b = '本', c = 'c', d = 'd', e = 'e' WHERE id = 3;
UPDATE t SET a = NULL, b = NULL, c = NULL, d = NULL, e = NULL WHERE id IN (25, 40);
INSERT INTO t (id, a, b, c, d, e) VALUES (100, NULL, NULL, NULL, NULL, NULL), (101, '', '', '', '', '');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET a = '', b = '', c = '', d = '', e = '' WHERE id IN (4, 30, 100);
UPDATE t SET a = NULL, b = NULL, c = NULL, d = NULL, e = NULL WHERE id = 1;
INSERT INTO t (id, a, b, c, d, e) VALUES (102, '日', '本', 'c', 'd', 'e'), (103, NULL, NULL, NULL, NULL, NULL), (104, '', '', '', '', '');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
