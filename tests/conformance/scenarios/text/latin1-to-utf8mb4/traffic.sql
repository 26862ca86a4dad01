-- before the copy
UPDATE t SET v = 'äöü€', c = LEFT('äöü€', 9), a = 'äöü€', b = 'äöü€', d = 'äöü€', e = 'äöü€' WHERE id = 2;
-- while copying
UPDATE t SET v = 'äöü€', c = LEFT('äöü€', 9), a = 'äöü€', b = 'äöü€', d = 'äöü€', e = 'äöü€' WHERE id = 3;
UPDATE t SET v = 'Grüße ', c = LEFT('Grüße ', 9), a = 'Grüße ', b = 'Grüße ', d = 'Grüße ', e = 'Grüße ' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, a, b, d, e) VALUES (100, 'Grüße ', LEFT('Grüße ', 9), 'Grüße ', 'Grüße ', 'Grüße ', 'Grüße '), (101, _latin1 X'81', LEFT(_latin1 X'81', 9), _latin1 X'81', _latin1 X'81', _latin1 X'81', _latin1 X'81');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = _latin1 X'81', c = LEFT(_latin1 X'81', 9), a = _latin1 X'81', b = _latin1 X'81', d = _latin1 X'81', e = _latin1 X'81' WHERE id IN (4, 30, 100);
UPDATE t SET v = 'Grüße ', c = LEFT('Grüße ', 9), a = 'Grüße ', b = 'Grüße ', d = 'Grüße ', e = 'Grüße ' WHERE id = 1;
INSERT INTO t (id, v, c, a, b, d, e) VALUES (102, 'äöü€', LEFT('äöü€', 9), 'äöü€', 'äöü€', 'äöü€', 'äöü€'), (103, 'Grüße ', LEFT('Grüße ', 9), 'Grüße ', 'Grüße ', 'Grüße ', 'Grüße '), (104, _latin1 X'81', LEFT(_latin1 X'81', 9), _latin1 X'81', _latin1 X'81', _latin1 X'81', _latin1 X'81');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
