-- before the copy
UPDATE t SET k = UPPER(k) WHERE v MOD 3 = 0;

-- while copying
UPDATE t SET k = CONCAT(k, '  ') WHERE v IN (5, 25);
UPDATE t SET k = REPLACE(k, 'e', _utf8mb4 X'C3A9') WHERE v IN (7, 27);
DELETE FROM t WHERE k = 'KEY8';
INSERT INTO t VALUES ('Key8', 80);
DELETE FROM t WHERE k = 'KEY28';
INSERT INTO t VALUES ('kEY28', 280);

-- after the copy
UPDATE t SET k = UPPER(k) WHERE v IN (10, 80);
UPDATE t SET k = RTRIM(k) WHERE v = 5;
