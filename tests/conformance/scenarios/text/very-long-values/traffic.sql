-- before the copy
UPDATE t SET v = REPEAT('a', 65535), w = REPEAT('b', 65536) WHERE id = 2;
-- while copying
UPDATE t SET v = REPEAT('a', 65535), w = REPEAT('b', 65536) WHERE id = 3;
UPDATE t SET v = REPEAT('日', 200000), w = REPEAT(X'FF', 300000) WHERE id IN (25, 40);
INSERT INTO t (id, v, w) VALUES (100, REPEAT('日', 200000), REPEAT(X'FF', 300000)), (101, '', NULL);
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = '', w = NULL WHERE id IN (4, 30, 100);
UPDATE t SET v = REPEAT('日', 200000), w = REPEAT(X'FF', 300000) WHERE id = 1;
INSERT INTO t (id, v, w) VALUES (102, REPEAT('a', 65535), REPEAT('b', 65536)), (103, REPEAT('日', 200000), REPEAT(X'FF', 300000)), (104, '', NULL);
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
