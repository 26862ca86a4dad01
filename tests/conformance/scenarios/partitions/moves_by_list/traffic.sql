-- before the copy
UPDATE t SET a = 9 - a WHERE id IN (1, 15, 39);
-- while copying
UPDATE t SET a = (a + 5) % 10 WHERE id % 4 = 0;
DELETE FROM t WHERE id IN (3, 33);
-- after the copy
UPDATE t SET a = 0 WHERE id IN (6, 7, 36, 37);
INSERT INTO t (a) VALUES (8);
