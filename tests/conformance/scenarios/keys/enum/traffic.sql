-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET k = 1 + 31 MOD 8, m = 31 WHERE v = 1;

-- while copying
INSERT INTO t (k, m, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT 1 + n MOD 8, n, n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (k, m, v) VALUES (1 + 1 MOD 8, 1, 501);
UPDATE t SET k = 1 + 39 MOD 8, m = 39 WHERE v = 2;
UPDATE t SET k = 1 + 40 MOD 8, m = 40 WHERE v = 29;

-- after the copy
INSERT INTO t (k, m, v) VALUES (1 + 41 MOD 8, 41, 601), (1 + 42 MOD 8, 42, 602), (1 + 2 MOD 8, 2, 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET k = 1 + 50 MOD 8, m = 50 WHERE v = 13;
UPDATE t SET k = 1 + 13 MOD 8, m = 13 WHERE v = 26;
UPDATE t SET k = 1 + 26 MOD 8, m = 26 WHERE v = 13;
COMMIT;
