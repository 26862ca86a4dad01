-- before the copy
UPDATE t SET v = '中文字', c = LEFT('中文字', 9), a = '中文字', b = '中文字', d = '中文字', e = '中文字' WHERE id = 2;
-- while copying
UPDATE t SET v = '中文字', c = LEFT('中文字', 9), a = '中文字', b = '中文字', d = '中文字', e = '中文字' WHERE id = 3;
UPDATE t SET v = _gbk X'815C', c = LEFT(_gbk X'815C', 9), a = _gbk X'815C', b = _gbk X'815C', d = _gbk X'815C', e = _gbk X'815C' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, a, b, d, e) VALUES (100, _gbk X'815C', LEFT(_gbk X'815C', 9), _gbk X'815C', _gbk X'815C', _gbk X'815C', _gbk X'815C'), (101, '誠功', LEFT('誠功', 9), '誠功', '誠功', '誠功', '誠功');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = '誠功', c = LEFT('誠功', 9), a = '誠功', b = '誠功', d = '誠功', e = '誠功' WHERE id IN (4, 30, 100);
UPDATE t SET v = _gbk X'815C', c = LEFT(_gbk X'815C', 9), a = _gbk X'815C', b = _gbk X'815C', d = _gbk X'815C', e = _gbk X'815C' WHERE id = 1;
INSERT INTO t (id, v, c, a, b, d, e) VALUES (102, '中文字', LEFT('中文字', 9), '中文字', '中文字', '中文字', '中文字'), (103, _gbk X'815C', LEFT(_gbk X'815C', 9), _gbk X'815C', _gbk X'815C', _gbk X'815C', _gbk X'815C'), (104, '誠功', LEFT('誠功', 9), '誠功', '誠功', '誠功', '誠功');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
