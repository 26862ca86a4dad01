-- before the copy
UPDATE t SET a = a + 1000 WHERE id IN (1, 15, 39);
DELETE FROM t WHERE id IN (2, 22);
INSERT INTO t (a, b, c) VALUES (501, 'new before', 'x');
-- while copying
UPDATE t SET b = CONCAT(c, ' moved'), a = -a WHERE id IN (3, 17, 38);
DELETE FROM t WHERE id IN (4, 24, 37);
UPDATE t SET id = id + 100 WHERE id IN (5, 25);
INSERT INTO t (a, b, c) VALUES (502, NULL, 'y'), (503, '', 'z');
-- after the copy
UPDATE t SET a = 7, b = 'after' WHERE id IN (6, 26);
UPDATE t SET id = 200 WHERE id = 7;
DELETE FROM t WHERE id IN (8, 28);
INSERT INTO t (id, a, b, c) VALUES (2, 504, 'again', 'w'), (300, 505, 'last', 'v');
