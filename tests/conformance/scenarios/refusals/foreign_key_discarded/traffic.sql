-- before the copy
UPDATE t SET a = 2 WHERE id IN (3, 33);
-- while copying
DELETE FROM t WHERE id IN (4, 34);
-- after the copy
UPDATE t SET a = 3 WHERE id IN (5, 35);
