-- while copying
UPDATE t SET v = -1 WHERE `id ``%s'"ß` IN (3, 40);
DELETE FROM t WHERE `id ``%s'"ß` IN (4, 41);
UPDATE t SET `id ``%s'"ß` = 100 WHERE `id ``%s'"ß` = 5;
-- after the copy
INSERT INTO t VALUES (101, 1);
DELETE FROM t WHERE `id ``%s'"ß` = 6;
