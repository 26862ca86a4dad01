-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET k = CONCAT(255 - 31, '.0.0.', 31) WHERE v = 1;

-- while copying
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT CONCAT(255 - n, '.0.0.', n), n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (k, v) VALUES (CONCAT(255 - 1, '.0.0.', 1), 501);
UPDATE t SET k = CONCAT(255 - 39, '.0.0.', 39) WHERE v = 2;
UPDATE t SET k = CONCAT(255 - 40, '.0.0.', 40) WHERE v = 29;

-- after the copy
INSERT INTO t (k, v) VALUES (CONCAT(255 - 41, '.0.0.', 41), 601), (CONCAT(255 - 42, '.0.0.', 42), 602), (CONCAT(255 - 2, '.0.0.', 2), 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET k = CONCAT(255 - 50, '.0.0.', 50) WHERE v = 13;
UPDATE t SET k = CONCAT(255 - 13, '.0.0.', 13) WHERE v = 26;
UPDATE t SET k = CONCAT(255 - 26, '.0.0.', 26) WHERE v = 13;
COMMIT;
