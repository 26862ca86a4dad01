-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET k = CONCAT(_sjis X'8A5C', 31, _sjis X'955C') WHERE v = 1;

-- while copying
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT CONCAT(_sjis X'8A5C', n, _sjis X'955C'), n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (k, v) VALUES (CONCAT(_sjis X'8A5C', 1, _sjis X'955C'), 501);
UPDATE t SET k = CONCAT(_sjis X'8A5C', 39, _sjis X'955C') WHERE v = 2;
UPDATE t SET k = CONCAT(_sjis X'8A5C', 40, _sjis X'955C') WHERE v = 29;

-- after the copy
INSERT INTO t (k, v) VALUES (CONCAT(_sjis X'8A5C', 41, _sjis X'955C'), 601), (CONCAT(_sjis X'8A5C', 42, _sjis X'955C'), 602), (CONCAT(_sjis X'8A5C', 2, _sjis X'955C'), 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET k = CONCAT(_sjis X'8A5C', 50, _sjis X'955C') WHERE v = 13;
UPDATE t SET k = CONCAT(_sjis X'8A5C', 13, _sjis X'955C') WHERE v = 26;
UPDATE t SET k = CONCAT(_sjis X'8A5C', 26, _sjis X'955C') WHERE v = 13;
COMMIT;
