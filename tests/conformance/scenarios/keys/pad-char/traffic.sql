-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET k = CONCAT('k', 31) WHERE v = 1;

-- while copying
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT CONCAT('k', n), n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (k, v) VALUES (CONCAT('k', 1), 501);
UPDATE t SET k = CONCAT('k', 39) WHERE v = 2;
UPDATE t SET k = CONCAT('k', 40) WHERE v = 29;

-- after the copy
INSERT INTO t (k, v) VALUES (CONCAT('k', 41), 601), (CONCAT('k', 42), 602), (CONCAT('k', 2), 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET k = CONCAT('k', 50) WHERE v = 13;
UPDATE t SET k = CONCAT('k', 13) WHERE v = 26;
UPDATE t SET k = CONCAT('k', 26) WHERE v = 13;
COMMIT;
