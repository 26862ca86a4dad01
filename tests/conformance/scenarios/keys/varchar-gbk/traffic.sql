-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET k = CONCAT(_gbk X'D55C', 31, _gbk X'815C') WHERE v = 1;

-- while copying
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT CONCAT(_gbk X'D55C', n, _gbk X'815C'), n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (k, v) VALUES (CONCAT(_gbk X'D55C', 1, _gbk X'815C'), 501);
UPDATE t SET k = CONCAT(_gbk X'D55C', 39, _gbk X'815C') WHERE v = 2;
UPDATE t SET k = CONCAT(_gbk X'D55C', 40, _gbk X'815C') WHERE v = 29;

-- after the copy
INSERT INTO t (k, v) VALUES (CONCAT(_gbk X'D55C', 41, _gbk X'815C'), 601), (CONCAT(_gbk X'D55C', 42, _gbk X'815C'), 602), (CONCAT(_gbk X'D55C', 2, _gbk X'815C'), 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET k = CONCAT(_gbk X'D55C', 50, _gbk X'815C') WHERE v = 13;
UPDATE t SET k = CONCAT(_gbk X'D55C', 13, _gbk X'815C') WHERE v = 26;
UPDATE t SET k = CONCAT(_gbk X'D55C', 26, _gbk X'815C') WHERE v = 13;
COMMIT;
