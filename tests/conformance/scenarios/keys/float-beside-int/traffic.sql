-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET f = 31 / 8, k = 31 WHERE v = 1;

-- while copying
INSERT INTO t (f, k, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT n / 8, n, n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (f, k, v) VALUES (1 / 8, 1, 501);
UPDATE t SET f = 39 / 8, k = 39 WHERE v = 2;
UPDATE t SET f = 40 / 8, k = 40 WHERE v = 29;

-- after the copy
INSERT INTO t (f, k, v) VALUES (41 / 8, 41, 601), (42 / 8, 42, 602), (2 / 8, 2, 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET f = 50 / 8, k = 50 WHERE v = 13;
UPDATE t SET f = 13 / 8, k = 13 WHERE v = 26;
UPDATE t SET f = 26 / 8, k = 26 WHERE v = 13;
COMMIT;
