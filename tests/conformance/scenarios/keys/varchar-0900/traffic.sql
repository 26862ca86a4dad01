-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET k = CONCAT('k', 31 DIV 2, IF(31 MOD 2, ' ', '')) WHERE v = 1;

-- while copying
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT CONCAT('k', n DIV 2, IF(n MOD 2, ' ', '')), n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (k, v) VALUES (CONCAT('k', 1 DIV 2, IF(1 MOD 2, ' ', '')), 501);
UPDATE t SET k = CONCAT('k', 39 DIV 2, IF(39 MOD 2, ' ', '')) WHERE v = 2;
UPDATE t SET k = CONCAT('k', 40 DIV 2, IF(40 MOD 2, ' ', '')) WHERE v = 29;

-- after the copy
INSERT INTO t (k, v) VALUES (CONCAT('k', 41 DIV 2, IF(41 MOD 2, ' ', '')), 601), (CONCAT('k', 42 DIV 2, IF(42 MOD 2, ' ', '')), 602), (CONCAT('k', 2 DIV 2, IF(2 MOD 2, ' ', '')), 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET k = CONCAT('k', 50 DIV 2, IF(50 MOD 2, ' ', '')) WHERE v = 13;
UPDATE t SET k = CONCAT('k', 13 DIV 2, IF(13 MOD 2, ' ', '')) WHERE v = 26;
UPDATE t SET k = CONCAT('k', 26 DIV 2, IF(26 MOD 2, ' ', '')) WHERE v = 13;
COMMIT;
