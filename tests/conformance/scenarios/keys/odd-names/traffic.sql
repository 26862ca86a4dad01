-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET `a``b` = 31 MOD 4, `select from` = 31 WHERE v = 1;

-- while copying
INSERT INTO t (`a``b`, `select from`, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT n MOD 4, n, n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (`a``b`, `select from`, v) VALUES (1 MOD 4, 1, 501);
UPDATE t SET `a``b` = 39 MOD 4, `select from` = 39 WHERE v = 2;
UPDATE t SET `a``b` = 40 MOD 4, `select from` = 40 WHERE v = 29;

-- after the copy
INSERT INTO t (`a``b`, `select from`, v) VALUES (41 MOD 4, 41, 601), (42 MOD 4, 42, 602), (2 MOD 4, 2, 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET `a``b` = 50 MOD 4, `select from` = 50 WHERE v = 13;
UPDATE t SET `a``b` = 13 MOD 4, `select from` = 13 WHERE v = 26;
UPDATE t SET `a``b` = 26 MOD 4, `select from` = 26 WHERE v = 13;
COMMIT;
