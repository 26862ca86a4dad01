-- before the copy
UPDATE t SET a = a + 1, u = '2020-01-01 00:00:00.5' WHERE id IN (3, 30);
-- while copying
UPDATE t SET id = id + 100, u = '2020-01-02 00:00:00.25' WHERE id IN (5, 25);
DELETE FROM t WHERE id IN (6, 26);
-- after the copy
INSERT INTO t (id, a) VALUES (6, 1), (500, 2);
UPDATE t SET m = '2012-02-29 10:00:00', u = NULL WHERE id IN (7, 27);
