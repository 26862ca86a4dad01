-- before the copy
UPDATE t SET id = -id WHERE id IN (3, 33);
-- while copying
DELETE FROM t WHERE id IN (4, 34);
-- after the copy
UPDATE t SET id = 1000 - id WHERE id > 35;
