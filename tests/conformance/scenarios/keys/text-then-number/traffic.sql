-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET a = ELT(1 + 31 MOD 4, 'b', 'A', _utf8mb4 X'C3A4', 'Z'), b = 31 WHERE v = 1;

-- while copying
INSERT INTO t (a, b, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT ELT(1 + n MOD 4, 'b', 'A', _utf8mb4 X'C3A4', 'Z'), n, n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (a, b, v) VALUES (ELT(1 + 1 MOD 4, 'b', 'A', _utf8mb4 X'C3A4', 'Z'), 1, 501);
UPDATE t SET a = ELT(1 + 39 MOD 4, 'b', 'A', _utf8mb4 X'C3A4', 'Z'), b = 39 WHERE v = 2;
UPDATE t SET a = ELT(1 + 40 MOD 4, 'b', 'A', _utf8mb4 X'C3A4', 'Z'), b = 40 WHERE v = 29;

-- after the copy
INSERT INTO t (a, b, v) VALUES (ELT(1 + 41 MOD 4, 'b', 'A', _utf8mb4 X'C3A4', 'Z'), 41, 601), (ELT(1 + 42 MOD 4, 'b', 'A', _utf8mb4 X'C3A4', 'Z'), 42, 602), (ELT(1 + 2 MOD 4, 'b', 'A', _utf8mb4 X'C3A4', 'Z'), 2, 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET a = ELT(1 + 50 MOD 4, 'b', 'A', _utf8mb4 X'C3A4', 'Z'), b = 50 WHERE v = 13;
UPDATE t SET a = ELT(1 + 13 MOD 4, 'b', 'A', _utf8mb4 X'C3A4', 'Z'), b = 13 WHERE v = 26;
UPDATE t SET a = ELT(1 + 26 MOD 4, 'b', 'A', _utf8mb4 X'C3A4', 'Z'), b = 26 WHERE v = 13;
COMMIT;
