-- before the copy
UPDATE t SET v = v + 100 WHERE k = 0 AND m < 3;

-- while copying
DELETE FROM t WHERE k = 0 AND m IN (1, 6);
UPDATE t SET m = m + 50 WHERE k = 0 AND m = 5;

-- after the copy
UPDATE t SET v = v + 200 WHERE k = 0;
