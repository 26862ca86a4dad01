-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET k = 31 / 7 WHERE v = 1;

-- while copying
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT n / 7, n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (k, v) VALUES (1 / 7, 501);
UPDATE t SET k = 39 / 7 WHERE v = 2;
UPDATE t SET k = 40 / 7 WHERE v = 29;

-- after the copy
INSERT INTO t (k, v) VALUES (41 / 7, 601), (42 / 7, 602), (2 / 7, 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET k = 50 / 7 WHERE v = 13;
UPDATE t SET k = 13 / 7 WHERE v = 26;
UPDATE t SET k = 26 / 7 WHERE v = 13;
COMMIT;
