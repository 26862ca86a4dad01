-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET k = CONCAT(IF(31 MOD 4 < 2, 'k', 'K'), 31 DIV 4, IF(31 MOD 2, ' ', '')) WHERE v = 1;

-- while copying
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT CONCAT(IF(n MOD 4 < 2, 'k', 'K'), n DIV 4, IF(n MOD 2, ' ', '')), n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (k, v) VALUES (CONCAT(IF(1 MOD 4 < 2, 'k', 'K'), 1 DIV 4, IF(1 MOD 2, ' ', '')), 501);
UPDATE t SET k = CONCAT(IF(39 MOD 4 < 2, 'k', 'K'), 39 DIV 4, IF(39 MOD 2, ' ', '')) WHERE v = 2;
UPDATE t SET k = CONCAT(IF(40 MOD 4 < 2, 'k', 'K'), 40 DIV 4, IF(40 MOD 2, ' ', '')) WHERE v = 29;

-- after the copy
INSERT INTO t (k, v) VALUES (CONCAT(IF(41 MOD 4 < 2, 'k', 'K'), 41 DIV 4, IF(41 MOD 2, ' ', '')), 601), (CONCAT(IF(42 MOD 4 < 2, 'k', 'K'), 42 DIV 4, IF(42 MOD 2, ' ', '')), 602), (CONCAT(IF(2 MOD 4 < 2, 'k', 'K'), 2 DIV 4, IF(2 MOD 2, ' ', '')), 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET k = CONCAT(IF(50 MOD 4 < 2, 'k', 'K'), 50 DIV 4, IF(50 MOD 2, ' ', '')) WHERE v = 13;
UPDATE t SET k = CONCAT(IF(13 MOD 4 < 2, 'k', 'K'), 13 DIV 4, IF(13 MOD 2, ' ', '')) WHERE v = 26;
UPDATE t SET k = CONCAT(IF(26 MOD 4 < 2, 'k', 'K'), 26 DIV 4, IF(26 MOD 2, ' ', '')) WHERE v = 13;
COMMIT;
