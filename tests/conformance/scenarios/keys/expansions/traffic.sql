-- before the copy
UPDATE t SET k = CONCAT('strass', v) WHERE v MOD 3 = 0;

-- while copying
UPDATE t SET k = CONCAT('STRASS', v) WHERE v IN (5, 25);
UPDATE t SET k = CONCAT('stra', _utf8mb4 X'C2AD', 'ss', v) WHERE v IN (7, 27);
DELETE FROM t WHERE k IN ('strass8', 'strass28');
INSERT INTO t VALUES ('STRASS8', 80);

-- after the copy
UPDATE t SET v = 100 WHERE k = 'strass9';
