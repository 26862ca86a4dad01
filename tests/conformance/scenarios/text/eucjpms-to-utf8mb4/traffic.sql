-- before the copy
UPDATE t SET v = '日本語', c = LEFT('日本語', 9), a = '日本語', b = '日本語', d = '日本語', e = '日本語' WHERE id = 2;
-- while copying
UPDATE t SET v = '日本語', c = LEFT('日本語', 9), a = '日本語', b = '日本語', d = '日本語', e = '日本語' WHERE id = 3;
UPDATE t SET v = _eucjpms X'8FB0A1', c = LEFT(_eucjpms X'8FB0A1', 9), a = _eucjpms X'8FB0A1', b = _eucjpms X'8FB0A1', d = _eucjpms X'8FB0A1', e = _eucjpms X'8FB0A1' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, a, b, d, e) VALUES (100, _eucjpms X'8FB0A1', LEFT(_eucjpms X'8FB0A1', 9), _eucjpms X'8FB0A1', _eucjpms X'8FB0A1', _eucjpms X'8FB0A1', _eucjpms X'8FB0A1'), (101, 'ｱ', LEFT('ｱ', 9), 'ｱ', 'ｱ', 'ｱ', 'ｱ');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = 'ｱ', c = LEFT('ｱ', 9), a = 'ｱ', b = 'ｱ', d = 'ｱ', e = 'ｱ' WHERE id IN (4, 30, 100);
UPDATE t SET v = _eucjpms X'8FB0A1', c = LEFT(_eucjpms X'8FB0A1', 9), a = _eucjpms X'8FB0A1', b = _eucjpms X'8FB0A1', d = _eucjpms X'8FB0A1', e = _eucjpms X'8FB0A1' WHERE id = 1;
INSERT INTO t (id, v, c, a, b, d, e) VALUES (102, '日本語', LEFT('日本語', 9), '日本語', '日本語', '日本語', '日本語'), (103, _eucjpms X'8FB0A1', LEFT(_eucjpms X'8FB0A1', 9), _eucjpms X'8FB0A1', _eucjpms X'8FB0A1', _eucjpms X'8FB0A1', _eucjpms X'8FB0A1'), (104, 'ｱ', LEFT('ｱ', 9), 'ｱ', 'ｱ', 'ｱ', 'ｱ');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
