-- before the copy
UPDATE t SET a = X'00', b = X'00', c = X'00', d = X'00' WHERE id = 2;
-- while copying
UPDATE t SET a = X'00', b = X'00', c = X'00', d = X'00' WHERE id = 3;
UPDATE t SET a = NULL, b = NULL, c = NULL, d = NULL WHERE id IN (25, 40);
INSERT INTO t (id, a, b, c, d) VALUES (100, NULL, NULL, NULL, NULL), (101, REPEAT('y', 200), REPEAT('y', 200), REPEAT('y', 200), REPEAT('y', 200));
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET a = REPEAT('y', 200), b = REPEAT('y', 200), c = REPEAT('y', 200), d = REPEAT('y', 200) WHERE id IN (4, 30, 100);
UPDATE t SET a = NULL, b = NULL, c = NULL, d = NULL WHERE id = 1;
INSERT INTO t (id, a, b, c, d) VALUES (102, X'00', X'00', X'00', X'00'), (103, NULL, NULL, NULL, NULL), (104, REPEAT('y', 200), REPEAT('y', 200), REPEAT('y', 200), REPEAT('y', 200));
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
