-- before the copy
UPDATE t SET größe = 0 WHERE id IN (3, 33);
-- while copying
UPDATE t SET id = id + 100, 名前 = 'Ω' WHERE id IN (4, 34);
-- after the copy
DELETE FROM t WHERE id IN (5, 35);
