-- before the copy
SET sql_mode = 'ALLOW_INVALID_DATES';
UPDATE t SET v = v + 100 WHERE v >= 1000;

-- while copying
SET sql_mode = 'ALLOW_INVALID_DATES';
UPDATE t SET k = '2026-11-31 00:00:00' WHERE v = 1101;
DELETE FROM t WHERE v = 1100;
UPDATE t SET k = '2026-04-00 00:00:00' WHERE v = 5;

-- after the copy
SET sql_mode = 'ALLOW_INVALID_DATES';
UPDATE t SET k = '0000-00-00 00:00:00' WHERE v = 25;
