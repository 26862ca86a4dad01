-- before the copy
UPDATE t SET a = 0.1, b = 0.1, c = 0, d = 1, e = 1, f = 0.1, g = 0.1, h = 1 WHERE id = 2;
-- while copying
UPDATE t SET a = 0.1, b = 0.1, c = 0, d = 1, e = 1, f = 0.1, g = 0.1, h = 1 WHERE id = 3;
UPDATE t SET a = NULL, b = NULL, c = NULL, d = NULL, e = NULL, f = NULL, g = NULL, h = NULL WHERE id IN (25, 40);
INSERT INTO t (id, a, b, c, d, e, f, g, h) VALUES (100, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (101, -12.345, -12.345, 2020, 1234567, 1.5, 1e-10, 1e20, 9223372036854775807);
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET a = -12.345, b = -12.345, c = 2020, d = 1234567, e = 1.5, f = 1e-10, g = 1e20, h = 9223372036854775807 WHERE id IN (4, 30, 100);
UPDATE t SET a = NULL, b = NULL, c = NULL, d = NULL, e = NULL, f = NULL, g = NULL, h = NULL WHERE id = 1;
INSERT INTO t (id, a, b, c, d, e, f, g, h) VALUES (102, 0.1, 0.1, 0, 1, 1, 0.1, 0.1, 1), (103, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (104, -12.345, -12.345, 2020, 1234567, 1.5, 1e-10, 1e20, 9223372036854775807);
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
