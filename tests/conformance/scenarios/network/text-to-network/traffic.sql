-- before the copy
UPDATE t SET a = '3f2504e04f8911d39a0c0305e82c3301', b = '::', c = '1.2.3.4' WHERE id = 2;
-- while copying
UPDATE t SET a = '3f2504e04f8911d39a0c0305e82c3301', b = '::', c = '1.2.3.4' WHERE id = 3;
UPDATE t SET a = NULL, b = NULL, c = NULL WHERE id IN (25, 40);
INSERT INTO t (id, a, b, c) VALUES (100, NULL, NULL, NULL), (101, 'ffffffff-ffff-ffff-ffff-ffffffffffff', '1:2:3:4:5:6:7:8', '0.0.0.0');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET a = 'ffffffff-ffff-ffff-ffff-ffffffffffff', b = '1:2:3:4:5:6:7:8', c = '0.0.0.0' WHERE id IN (4, 30, 100);
UPDATE t SET a = NULL, b = NULL, c = NULL WHERE id = 1;
INSERT INTO t (id, a, b, c) VALUES (102, '3f2504e04f8911d39a0c0305e82c3301', '::', '1.2.3.4'), (103, NULL, NULL, NULL), (104, 'ffffffff-ffff-ffff-ffff-ffffffffffff', '1:2:3:4:5:6:7:8', '0.0.0.0');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
