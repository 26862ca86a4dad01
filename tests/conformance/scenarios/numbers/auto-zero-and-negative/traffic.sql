-- before the copy
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
UPDATE t SET v = 2000 WHERE id = 0;

-- while copying
UPDATE t SET id = -7 WHERE id = 7;
DELETE FROM t WHERE id = -1;

-- after the copy
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
DELETE FROM t WHERE id = 0;
INSERT INTO t VALUES (0, 3000);
UPDATE t SET v = 4000 WHERE id < -7;
