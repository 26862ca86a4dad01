-- before the copy
SET sql_mode = 'NO_ENGINE_SUBSTITUTION';
UPDATE t SET v = 1001 WHERE v = 1000;

-- while copying
SET sql_mode = 'NO_ENGINE_SUBSTITUTION';
UPDATE t SET k = '1970-01-02 00:00:00.1' WHERE v = 1001;
UPDATE t SET k = '0000-00-00 00:00:00' WHERE v = 25;

-- after the copy
SET sql_mode = 'NO_ENGINE_SUBSTITUTION';
DELETE FROM t WHERE v = 25;
UPDATE t SET k = '0000-00-00 00:00:00' WHERE v = 3;
