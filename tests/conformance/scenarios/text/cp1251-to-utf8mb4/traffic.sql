-- before the copy
UPDATE t SET v = 'Привет', c = LEFT('Привет', 9), a = 'Привет', b = 'Привет', d = 'Привет', e = 'Привет' WHERE id = 2;
-- while copying
UPDATE t SET v = 'Привет', c = LEFT('Привет', 9), a = 'Привет', b = 'Привет', d = 'Привет', e = 'Привет' WHERE id = 3;
UPDATE t SET v = 'ёЁ№', c = LEFT('ёЁ№', 9), a = 'ёЁ№', b = 'ёЁ№', d = 'ёЁ№', e = 'ёЁ№' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, a, b, d, e) VALUES (100, 'ёЁ№', LEFT('ёЁ№', 9), 'ёЁ№', 'ёЁ№', 'ёЁ№', 'ёЁ№'), (101, _cp1251 X'A8B8', LEFT(_cp1251 X'A8B8', 9), _cp1251 X'A8B8', _cp1251 X'A8B8', _cp1251 X'A8B8', _cp1251 X'A8B8');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = _cp1251 X'A8B8', c = LEFT(_cp1251 X'A8B8', 9), a = _cp1251 X'A8B8', b = _cp1251 X'A8B8', d = _cp1251 X'A8B8', e = _cp1251 X'A8B8' WHERE id IN (4, 30, 100);
UPDATE t SET v = 'ёЁ№', c = LEFT('ёЁ№', 9), a = 'ёЁ№', b = 'ёЁ№', d = 'ёЁ№', e = 'ёЁ№' WHERE id = 1;
INSERT INTO t (id, v, c, a, b, d, e) VALUES (102, 'Привет', LEFT('Привет', 9), 'Привет', 'Привет', 'Привет', 'Привет'), (103, 'ёЁ№', LEFT('ёЁ№', 9), 'ёЁ№', 'ёЁ№', 'ёЁ№', 'ёЁ№'), (104, _cp1251 X'A8B8', LEFT(_cp1251 X'A8B8', 9), _cp1251 X'A8B8', _cp1251 X'A8B8', _cp1251 X'A8B8', _cp1251 X'A8B8');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
