-- before the copy
UPDATE t SET a = 11 WHERE id <= 0;
-- while copying
UPDATE t SET id = -5 WHERE id = -1;
DELETE FROM t WHERE id = -2147483648;
-- after the copy
UPDATE t SET c = 'zero again' WHERE id = 0;
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
UPDATE t SET id = -7 WHERE id = 7;
INSERT INTO t (id, a) VALUES (-2147483648, 5);
