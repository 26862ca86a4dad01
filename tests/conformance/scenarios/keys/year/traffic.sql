-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET k = IF(31 = 1, 0, 1900 + 31) WHERE v = 1;

-- while copying
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT IF(n = 1, 0, 1900 + n), n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (k, v) VALUES (IF(1 = 1, 0, 1900 + 1), 501);
UPDATE t SET k = IF(39 = 1, 0, 1900 + 39) WHERE v = 2;
UPDATE t SET k = IF(40 = 1, 0, 1900 + 40) WHERE v = 29;

-- after the copy
INSERT INTO t (k, v) VALUES (IF(41 = 1, 0, 1900 + 41), 601), (IF(42 = 1, 0, 1900 + 42), 602), (IF(2 = 1, 0, 1900 + 2), 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET k = IF(50 = 1, 0, 1900 + 50) WHERE v = 13;
UPDATE t SET k = IF(13 = 1, 0, 1900 + 13) WHERE v = 26;
UPDATE t SET k = IF(26 = 1, 0, 1900 + 26) WHERE v = 13;
COMMIT;
