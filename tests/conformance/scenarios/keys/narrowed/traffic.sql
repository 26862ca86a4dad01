-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET a = 31 MOD 3, b = 31 WHERE v = 1;

-- while copying
INSERT INTO t (a, b, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT n MOD 3, n, n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (a, b, v) VALUES (1 MOD 3, 1, 501);
UPDATE t SET a = 39 MOD 3, b = 39 WHERE v = 2;
UPDATE t SET a = 40 MOD 3, b = 40 WHERE v = 29;

-- after the copy
INSERT INTO t (a, b, v) VALUES (41 MOD 3, 41, 601), (42 MOD 3, 42, 602), (2 MOD 3, 2, 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET a = 50 MOD 3, b = 50 WHERE v = 13;
UPDATE t SET a = 13 MOD 3, b = 13 WHERE v = 26;
UPDATE t SET a = 26 MOD 3, b = 26 WHERE v = 13;
COMMIT;
