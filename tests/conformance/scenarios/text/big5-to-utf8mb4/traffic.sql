-- before the copy
UPDATE t SET v = '中文', c = LEFT('中文', 9), a = '中文', b = '中文', d = '中文', e = '中文' WHERE id = 2;
-- while copying
UPDATE t SET v = '中文', c = LEFT('中文', 9), a = '中文', b = '中文', d = '中文', e = '中文' WHERE id = 3;
UPDATE t SET v = _big5 X'A55C', c = LEFT(_big5 X'A55C', 9), a = _big5 X'A55C', b = _big5 X'A55C', d = _big5 X'A55C', e = _big5 X'A55C' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, a, b, d, e) VALUES (100, _big5 X'A55C', LEFT(_big5 X'A55C', 9), _big5 X'A55C', _big5 X'A55C', _big5 X'A55C', _big5 X'A55C'), (101, '功', LEFT('功', 9), '功', '功', '功', '功');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = '功', c = LEFT('功', 9), a = '功', b = '功', d = '功', e = '功' WHERE id IN (4, 30, 100);
UPDATE t SET v = _big5 X'A55C', c = LEFT(_big5 X'A55C', 9), a = _big5 X'A55C', b = _big5 X'A55C', d = _big5 X'A55C', e = _big5 X'A55C' WHERE id = 1;
INSERT INTO t (id, v, c, a, b, d, e) VALUES (102, '中文', LEFT('中文', 9), '中文', '中文', '中文', '中文'), (103, _big5 X'A55C', LEFT(_big5 X'A55C', 9), _big5 X'A55C', _big5 X'A55C', _big5 X'A55C', _big5 X'A55C'), (104, '功', LEFT('功', 9), '功', '功', '功', '功');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
