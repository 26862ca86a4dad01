-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET k = CONCAT(ELT(1 + 31 MOD 4, 'a', 'A', _utf8mb4 X'C3A4', _utf8mb4 X'F09F9880'), 31 DIV 4) WHERE v = 1;

-- while copying
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT CONCAT(ELT(1 + n MOD 4, 'a', 'A', _utf8mb4 X'C3A4', _utf8mb4 X'F09F9880'), n DIV 4), n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (k, v) VALUES (CONCAT(ELT(1 + 1 MOD 4, 'a', 'A', _utf8mb4 X'C3A4', _utf8mb4 X'F09F9880'), 1 DIV 4), 501);
UPDATE t SET k = CONCAT(ELT(1 + 39 MOD 4, 'a', 'A', _utf8mb4 X'C3A4', _utf8mb4 X'F09F9880'), 39 DIV 4) WHERE v = 2;
UPDATE t SET k = CONCAT(ELT(1 + 40 MOD 4, 'a', 'A', _utf8mb4 X'C3A4', _utf8mb4 X'F09F9880'), 40 DIV 4) WHERE v = 29;

-- after the copy
INSERT INTO t (k, v) VALUES (CONCAT(ELT(1 + 41 MOD 4, 'a', 'A', _utf8mb4 X'C3A4', _utf8mb4 X'F09F9880'), 41 DIV 4), 601), (CONCAT(ELT(1 + 42 MOD 4, 'a', 'A', _utf8mb4 X'C3A4', _utf8mb4 X'F09F9880'), 42 DIV 4), 602), (CONCAT(ELT(1 + 2 MOD 4, 'a', 'A', _utf8mb4 X'C3A4', _utf8mb4 X'F09F9880'), 2 DIV 4), 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET k = CONCAT(ELT(1 + 50 MOD 4, 'a', 'A', _utf8mb4 X'C3A4', _utf8mb4 X'F09F9880'), 50 DIV 4) WHERE v = 13;
UPDATE t SET k = CONCAT(ELT(1 + 13 MOD 4, 'a', 'A', _utf8mb4 X'C3A4', _utf8mb4 X'F09F9880'), 13 DIV 4) WHERE v = 26;
UPDATE t SET k = CONCAT(ELT(1 + 26 MOD 4, 'a', 'A', _utf8mb4 X'C3A4', _utf8mb4 X'F09F9880'), 26 DIV 4) WHERE v = 13;
COMMIT;
