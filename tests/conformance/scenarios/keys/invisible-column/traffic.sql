-- before the copy
UPDATE t SET v = 100 WHERE v = 3;

-- while copying
DELETE FROM t WHERE v IN (5, 25);
INSERT INTO t (v) VALUES (50);
UPDATE t SET k = 70 WHERE k = 7;

-- after the copy
UPDATE t SET v = 200 WHERE v = 8;
