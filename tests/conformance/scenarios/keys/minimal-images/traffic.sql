-- before the copy
UPDATE t SET v = 0 WHERE k = 3;

-- while copying
UPDATE t SET v = 0 WHERE k IN (5, 25);
UPDATE t SET k = 50 WHERE k = 6;
DELETE FROM t WHERE k IN (7, 27);
INSERT INTO t VALUES (60, 60);

-- after the copy
UPDATE t SET v = 0 WHERE k = 8;
