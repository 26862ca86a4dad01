-- before the copy
UPDATE t SET v = '日本語', c = LEFT('日本語', 9), a = '日本語', b = '日本語', d = '日本語', e = '日本語' WHERE id = 2;
-- while copying
UPDATE t SET v = '日本語', c = LEFT('日本語', 9), a = '日本語', b = '日本語', d = '日本語', e = '日本語' WHERE id = 3;
UPDATE t SET v = 'ÄÖ', c = LEFT('ÄÖ', 9), a = 'ÄÖ', b = 'ÄÖ', d = 'ÄÖ', e = 'ÄÖ' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, a, b, d, e) VALUES (100, 'ÄÖ', LEFT('ÄÖ', 9), 'ÄÖ', 'ÄÖ', 'ÄÖ', 'ÄÖ'), (101, _ucs2 X'00410020', LEFT(_ucs2 X'00410020', 9), _ucs2 X'00410020', _ucs2 X'00410020', _ucs2 X'00410020', _ucs2 X'00410020');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = _ucs2 X'00410020', c = LEFT(_ucs2 X'00410020', 9), a = _ucs2 X'00410020', b = _ucs2 X'00410020', d = _ucs2 X'00410020', e = _ucs2 X'00410020' WHERE id IN (4, 30, 100);
UPDATE t SET v = 'ÄÖ', c = LEFT('ÄÖ', 9), a = 'ÄÖ', b = 'ÄÖ', d = 'ÄÖ', e = 'ÄÖ' WHERE id = 1;
INSERT INTO t (id, v, c, a, b, d, e) VALUES (102, '日本語', LEFT('日本語', 9), '日本語', '日本語', '日本語', '日本語'), (103, 'ÄÖ', LEFT('ÄÖ', 9), 'ÄÖ', 'ÄÖ', 'ÄÖ', 'ÄÖ'), (104, _ucs2 X'00410020', LEFT(_ucs2 X'00410020', 9), _ucs2 X'00410020', _ucs2 X'00410020', _ucs2 X'00410020', _ucs2 X'00410020');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
