-- before the copy
UPDATE t SET v = '日本語', c = LEFT('日本語', 9), a = '日本語', b = '日本語', d = '日本語', e = '日本語' WHERE id = 2;
-- while copying
UPDATE t SET v = '日本語', c = LEFT('日本語', 9), a = '日本語', b = '日本語', d = '日本語', e = '日本語' WHERE id = 3;
UPDATE t SET v = 'añejo — ß', c = LEFT('añejo — ß', 9), a = 'añejo — ß', b = 'añejo — ß', d = 'añejo — ß', e = 'añejo — ß' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, a, b, d, e) VALUES (100, 'añejo — ß', LEFT('añejo — ß', 9), 'añejo — ß', 'añejo — ß', 'añejo — ß', 'añejo — ß'), (101, ' lead and trail  ', LEFT(' lead and trail  ', 9), ' lead and trail  ', ' lead and trail  ', ' lead and trail  ', ' lead and trail  ');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = ' lead and trail  ', c = LEFT(' lead and trail  ', 9), a = ' lead and trail  ', b = ' lead and trail  ', d = ' lead and trail  ', e = ' lead and trail  ' WHERE id IN (4, 30, 100);
UPDATE t SET v = 'añejo — ß', c = LEFT('añejo — ß', 9), a = 'añejo — ß', b = 'añejo — ß', d = 'añejo — ß', e = 'añejo — ß' WHERE id = 1;
INSERT INTO t (id, v, c, a, b, d, e) VALUES (102, '日本語', LEFT('日本語', 9), '日本語', '日本語', '日本語', '日本語'), (103, 'añejo — ß', LEFT('añejo — ß', 9), 'añejo — ß', 'añejo — ß', 'añejo — ß', 'añejo — ß'), (104, ' lead and trail  ', LEFT(' lead and trail  ', 9), ' lead and trail  ', ' lead and trail  ', ' lead and trail  ', ' lead and trail  ');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
