-- before the copy
UPDATE t SET a = X'00', b = X'00', c = X'00', d = X'00', e = X'00', f = X'00' WHERE id = 2;
-- while copying
UPDATE t SET a = X'00', b = X'00', c = X'00', d = X'00', e = X'00', f = X'00' WHERE id = 3;
UPDATE t SET a = NULL, b = NULL, c = NULL, d = NULL, e = NULL, f = NULL WHERE id IN (25, 40);
INSERT INTO t (id, a, b, c, d, e, f) VALUES (100, NULL, NULL, NULL, NULL, NULL, NULL), (101, X'610000', X'610000', X'610000', X'610000', X'610000', X'610000');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET a = X'610000', b = X'610000', c = X'610000', d = X'610000', e = X'610000', f = X'610000' WHERE id IN (4, 30, 100);
UPDATE t SET a = NULL, b = NULL, c = NULL, d = NULL, e = NULL, f = NULL WHERE id = 1;
INSERT INTO t (id, a, b, c, d, e, f) VALUES (102, X'00', X'00', X'00', X'00', X'00', X'00'), (103, NULL, NULL, NULL, NULL, NULL, NULL), (104, X'610000', X'610000', X'610000', X'610000', X'610000', X'610000');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
