-- before the copy
UPDATE t SET c0 = -1, c21 = 'x' WHERE id IN (3, 33);
-- while copying
UPDATE t SET id = id + 100, c20 = 9 WHERE id IN (4, 34);
-- after the copy
DELETE FROM t WHERE id IN (5, 35);
INSERT INTO t (id, c1) VALUES (5, 'again');
