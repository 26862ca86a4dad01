-- before the copy
UPDATE t SET v = '日本😀', c = LEFT('日本😀', 9), a = '日本😀', b = '日本😀', d = '日本😀', e = '日本😀' WHERE id = 2;
-- while copying
UPDATE t SET v = '日本😀', c = LEFT('日本😀', 9), a = '日本😀', b = '日本😀', d = '日本😀', e = '日本😀' WHERE id = 3;
UPDATE t SET v = 'é und é', c = LEFT('é und é', 9), a = 'é und é', b = 'é und é', d = 'é und é', e = 'é und é' WHERE id IN (25, 40);
INSERT INTO t (id, v, c, a, b, d, e) VALUES (100, 'é und é', LEFT('é und é', 9), 'é und é', 'é und é', 'é und é', 'é und é'), (101, '👩‍👩‍👧', LEFT('👩‍👩‍👧', 9), '👩‍👩‍👧', '👩‍👩‍👧', '👩‍👩‍👧', '👩‍👩‍👧');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = '👩‍👩‍👧', c = LEFT('👩‍👩‍👧', 9), a = '👩‍👩‍👧', b = '👩‍👩‍👧', d = '👩‍👩‍👧', e = '👩‍👩‍👧' WHERE id IN (4, 30, 100);
UPDATE t SET v = 'é und é', c = LEFT('é und é', 9), a = 'é und é', b = 'é und é', d = 'é und é', e = 'é und é' WHERE id = 1;
INSERT INTO t (id, v, c, a, b, d, e) VALUES (102, '日本😀', LEFT('日本😀', 9), '日本😀', '日本😀', '日本😀', '日本😀'), (103, 'é und é', LEFT('é und é', 9), 'é und é', 'é und é', 'é und é', 'é und é'), (104, '👩‍👩‍👧', LEFT('👩‍👩‍👧', 9), '👩‍👩‍👧', '👩‍👩‍👧', '👩‍👩‍👧', '👩‍👩‍👧');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
