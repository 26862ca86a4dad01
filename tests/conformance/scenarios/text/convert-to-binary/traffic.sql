-- before the copy
UPDATE t SET v = 'é😀', c = 'x', a = 'é😀', b = 'é😀', d = 'é😀', e = 'é😀' WHERE id = 2;
-- while copying
UPDATE t SET v = 'é😀', c = 'x', a = 'é😀', b = 'é😀', d = 'é😀', e = 'é😀' WHERE id = 3;
UPDATE t SET v = '', c = 'x', a = '', b = '', d = '', e = '' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, a, b, d, e) VALUES (100, '', 'x', '', '', '', ''), (101, 'x ', 'x', 'x ', 'x ', 'x ', 'x ');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = 'x ', c = 'x', a = 'x ', b = 'x ', d = 'x ', e = 'x ' WHERE id IN (4, 30, 100);
UPDATE t SET v = '', c = 'x', a = '', b = '', d = '', e = '' WHERE id = 1;
INSERT INTO t (id, v, c, a, b, d, e) VALUES (102, 'é😀', 'x', 'é😀', 'é😀', 'é😀', 'é😀'), (103, '', 'x', '', '', '', ''), (104, 'x ', 'x', 'x ', 'x ', 'x ', 'x ');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
