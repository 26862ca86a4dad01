-- before the copy
UPDATE t SET v = -v WHERE v IN (1, 45);
-- while copying
UPDATE t SET v = -v WHERE v % 4 = 0;
DELETE FROM t WHERE v IN (5, 21, 41);
UPDATE t SET id = 'ß' WHERE v = 7;
UPDATE t SET id = 'æ' WHERE v = 39;
INSERT INTO t VALUES ('ÿ', 100);
-- after the copy
UPDATE t SET v = 1000 WHERE id = 'ß';
DELETE FROM t WHERE v IN (9, 42);
UPDATE t SET v = 200 WHERE v = 100;
