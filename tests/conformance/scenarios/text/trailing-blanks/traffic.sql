-- before the copy
UPDATE t SET v = 'a ', c = 'a ', w = 'a ' WHERE id = 2;
-- while copying
UPDATE t SET v = 'a ', c = 'a ', w = 'a ' WHERE id = 3;
UPDATE t SET v = '  ', c = '  ', w = '  ' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, w) VALUES (100, '  ', '  ', '  '), (101, 'a\t', 'a\0', 'a\0 ');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = 'a\t', c = 'a\0', w = 'a\0 ' WHERE id IN (4, 30, 100);
UPDATE t SET v = '  ', c = '  ', w = '  ' WHERE id = 1;
INSERT INTO t (id, v, c, w) VALUES (102, 'a ', 'a ', 'a '), (103, '  ', '  ', '  '), (104, 'a\t', 'a\0', 'a\0 ');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
