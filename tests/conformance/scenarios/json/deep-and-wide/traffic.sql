-- before the copy
UPDATE t SET v = CONCAT('["', REPEAT('x', 70000), '"]') WHERE id = 2;
-- while copying
UPDATE t SET v = CONCAT('["', REPEAT('x', 70000), '"]') WHERE id = 3;
UPDATE t SET v = '[]' WHERE id IN (25, 40);
INSERT INTO t (id, v) VALUES (100, '[]'), (101, CONCAT(REPEAT('{"a":', 25), '1', REPEAT('}', 25)));
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = CONCAT(REPEAT('{"a":', 25), '1', REPEAT('}', 25)) WHERE id IN (4, 30, 100);
UPDATE t SET v = '[]' WHERE id = 1;
INSERT INTO t (id, v) VALUES (102, CONCAT('["', REPEAT('x', 70000), '"]')), (103, '[]'), (104, CONCAT(REPEAT('{"a":', 25), '1', REPEAT('}', 25)));
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
