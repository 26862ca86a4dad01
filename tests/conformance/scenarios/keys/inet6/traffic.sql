-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET k = IF(31 MOD 2, CONCAT('fe80::', HEX(31)), CONCAT('::ffff:10.0.0.', 31)) WHERE v = 1;

-- while copying
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT IF(n MOD 2, CONCAT('fe80::', HEX(n)), CONCAT('::ffff:10.0.0.', n)), n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (k, v) VALUES (IF(1 MOD 2, CONCAT('fe80::', HEX(1)), CONCAT('::ffff:10.0.0.', 1)), 501);
UPDATE t SET k = IF(39 MOD 2, CONCAT('fe80::', HEX(39)), CONCAT('::ffff:10.0.0.', 39)) WHERE v = 2;
UPDATE t SET k = IF(40 MOD 2, CONCAT('fe80::', HEX(40)), CONCAT('::ffff:10.0.0.', 40)) WHERE v = 29;

-- after the copy
INSERT INTO t (k, v) VALUES (IF(41 MOD 2, CONCAT('fe80::', HEX(41)), CONCAT('::ffff:10.0.0.', 41)), 601), (IF(42 MOD 2, CONCAT('fe80::', HEX(42)), CONCAT('::ffff:10.0.0.', 42)), 602), (IF(2 MOD 2, CONCAT('fe80::', HEX(2)), CONCAT('::ffff:10.0.0.', 2)), 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET k = IF(50 MOD 2, CONCAT('fe80::', HEX(50)), CONCAT('::ffff:10.0.0.', 50)) WHERE v = 13;
UPDATE t SET k = IF(13 MOD 2, CONCAT('fe80::', HEX(13)), CONCAT('::ffff:10.0.0.', 13)) WHERE v = 26;
UPDATE t SET k = IF(26 MOD 2, CONCAT('fe80::', HEX(26)), CONCAT('::ffff:10.0.0.', 26)) WHERE v = 13;
COMMIT;
