-- before the copy
UPDATE t SET b = 'changed' WHERE a IN (30, 330);
INSERT INTO t (a) VALUES (1);
-- while copying
DELETE FROM t WHERE a IN (40, 340);
-- after the copy
INSERT INTO t (a) VALUES (2);
UPDATE t SET a = a + 1 WHERE a > 350;
