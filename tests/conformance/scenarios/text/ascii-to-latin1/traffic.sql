-- before the copy
UPDATE t SET v = 'plain', c = LEFT('plain', 9), a = 'plain', b = 'plain', d = 'plain', e = 'plain' WHERE id = 2;
-- while copying
UPDATE t SET v = 'plain', c = LEFT('plain', 9), a = 'plain', b = 'plain', d = 'plain', e = 'plain' WHERE id = 3;
UPDATE t SET v = 'tab\tnul\0end', c = LEFT('tab\tnul\0end', 9), a = 'tab\tnul\0end', b = 'tab\tnul\0end', d = 'tab\tnul\0end', e = 'tab\tnul\0end' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, a, b, d, e) VALUES (100, 'tab\tnul\0end', LEFT('tab\tnul\0end', 9), 'tab\tnul\0end', 'tab\tnul\0end', 'tab\tnul\0end', 'tab\tnul\0end'), (101, ' ', LEFT(' ', 9), ' ', ' ', ' ', ' ');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = ' ', c = LEFT(' ', 9), a = ' ', b = ' ', d = ' ', e = ' ' WHERE id IN (4, 30, 100);
UPDATE t SET v = 'tab\tnul\0end', c = LEFT('tab\tnul\0end', 9), a = 'tab\tnul\0end', b = 'tab\tnul\0end', d = 'tab\tnul\0end', e = 'tab\tnul\0end' WHERE id = 1;
INSERT INTO t (id, v, c, a, b, d, e) VALUES (102, 'plain', LEFT('plain', 9), 'plain', 'plain', 'plain', 'plain'), (103, 'tab\tnul\0end', LEFT('tab\tnul\0end', 9), 'tab\tnul\0end', 'tab\tnul\0end', 'tab\tnul\0end', 'tab\tnul\0end'), (104, ' ', LEFT(' ', 9), ' ', ' ', ' ', ' ');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
