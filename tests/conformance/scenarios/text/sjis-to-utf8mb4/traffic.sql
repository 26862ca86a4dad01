-- before the copy
UPDATE t SET v = '日本語', c = LEFT('日本語', 9), a = '日本語', b = '日本語', d = '日本語', e = '日本語' WHERE id = 2;
-- while copying
UPDATE t SET v = '日本語', c = LEFT('日本語', 9), a = '日本語', b = '日本語', d = '日本語', e = '日本語' WHERE id = 3;
UPDATE t SET v = _sjis X'835C', c = LEFT(_sjis X'835C', 9), a = _sjis X'835C', b = _sjis X'835C', d = _sjis X'835C', e = _sjis X'835C' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, a, b, d, e) VALUES (100, _sjis X'835C', LEFT(_sjis X'835C', 9), _sjis X'835C', _sjis X'835C', _sjis X'835C', _sjis X'835C'), (101, _sjis X'B1B2', LEFT(_sjis X'B1B2', 9), _sjis X'B1B2', _sjis X'B1B2', _sjis X'B1B2', _sjis X'B1B2');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = _sjis X'B1B2', c = LEFT(_sjis X'B1B2', 9), a = _sjis X'B1B2', b = _sjis X'B1B2', d = _sjis X'B1B2', e = _sjis X'B1B2' WHERE id IN (4, 30, 100);
UPDATE t SET v = _sjis X'835C', c = LEFT(_sjis X'835C', 9), a = _sjis X'835C', b = _sjis X'835C', d = _sjis X'835C', e = _sjis X'835C' WHERE id = 1;
INSERT INTO t (id, v, c, a, b, d, e) VALUES (102, '日本語', LEFT('日本語', 9), '日本語', '日本語', '日本語', '日本語'), (103, _sjis X'835C', LEFT(_sjis X'835C', 9), _sjis X'835C', _sjis X'835C', _sjis X'835C', _sjis X'835C'), (104, _sjis X'B1B2', LEFT(_sjis X'B1B2', 9), _sjis X'B1B2', _sjis X'B1B2', _sjis X'B1B2', _sjis X'B1B2');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
