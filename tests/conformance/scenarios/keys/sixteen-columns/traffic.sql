-- before the copy
UPDATE t SET v = v + 1000 WHERE v MOD 3 = 0;
DELETE FROM t WHERE v MOD 7 = 0;
UPDATE t SET c01 = 31 MOD 2, c02 = 31 MOD 3, c03 = 0, c04 = 31 MOD 2, c05 = -1, c06 = -1.5, c07 = 31 MOD 4, c08 = 'x', c09 = IF(31 MOD 2, 'q', 'Q'), c10 = X'0100', c11 = X'2000', c12 = 1 + 31 MOD 2, c13 = 31 MOD 4, c14 = '2026-01-01', c15 = '2026-01-01 00:00:00.25', c16 = SEC_TO_TIME(31) WHERE v = 1;

-- while copying
INSERT INTO t (c01, c02, c03, c04, c05, c06, c07, c08, c09, c10, c11, c12, c13, c14, c15, c16, v) WITH RECURSIVE n (n) AS (SELECT 32 UNION ALL SELECT n + 1 FROM n WHERE n < 38) SELECT n MOD 2, n MOD 3, 0, n MOD 2, -1, -1.5, n MOD 4, 'x', IF(n MOD 2, 'q', 'Q'), X'0100', X'2000', 1 + n MOD 2, n MOD 4, '2026-01-01', '2026-01-01 00:00:00.25', SEC_TO_TIME(n), n FROM n;
UPDATE t SET v = v + 1000 WHERE v MOD 4 = 0;
DELETE FROM t WHERE v MOD 11 = 0;
INSERT INTO t (c01, c02, c03, c04, c05, c06, c07, c08, c09, c10, c11, c12, c13, c14, c15, c16, v) VALUES (1 MOD 2, 1 MOD 3, 0, 1 MOD 2, -1, -1.5, 1 MOD 4, 'x', IF(1 MOD 2, 'q', 'Q'), X'0100', X'2000', 1 + 1 MOD 2, 1 MOD 4, '2026-01-01', '2026-01-01 00:00:00.25', SEC_TO_TIME(1), 501);
UPDATE t SET c01 = 39 MOD 2, c02 = 39 MOD 3, c03 = 0, c04 = 39 MOD 2, c05 = -1, c06 = -1.5, c07 = 39 MOD 4, c08 = 'x', c09 = IF(39 MOD 2, 'q', 'Q'), c10 = X'0100', c11 = X'2000', c12 = 1 + 39 MOD 2, c13 = 39 MOD 4, c14 = '2026-01-01', c15 = '2026-01-01 00:00:00.25', c16 = SEC_TO_TIME(39) WHERE v = 2;
UPDATE t SET c01 = 40 MOD 2, c02 = 40 MOD 3, c03 = 0, c04 = 40 MOD 2, c05 = -1, c06 = -1.5, c07 = 40 MOD 4, c08 = 'x', c09 = IF(40 MOD 2, 'q', 'Q'), c10 = X'0100', c11 = X'2000', c12 = 1 + 40 MOD 2, c13 = 40 MOD 4, c14 = '2026-01-01', c15 = '2026-01-01 00:00:00.25', c16 = SEC_TO_TIME(40) WHERE v = 29;

-- after the copy
INSERT INTO t (c01, c02, c03, c04, c05, c06, c07, c08, c09, c10, c11, c12, c13, c14, c15, c16, v) VALUES (41 MOD 2, 41 MOD 3, 0, 41 MOD 2, -1, -1.5, 41 MOD 4, 'x', IF(41 MOD 2, 'q', 'Q'), X'0100', X'2000', 1 + 41 MOD 2, 41 MOD 4, '2026-01-01', '2026-01-01 00:00:00.25', SEC_TO_TIME(41), 601), (42 MOD 2, 42 MOD 3, 0, 42 MOD 2, -1, -1.5, 42 MOD 4, 'x', IF(42 MOD 2, 'q', 'Q'), X'0100', X'2000', 1 + 42 MOD 2, 42 MOD 4, '2026-01-01', '2026-01-01 00:00:00.25', SEC_TO_TIME(42), 602), (2 MOD 2, 2 MOD 3, 0, 2 MOD 2, -1, -1.5, 2 MOD 4, 'x', IF(2 MOD 2, 'q', 'Q'), X'0100', X'2000', 1 + 2 MOD 2, 2 MOD 4, '2026-01-01', '2026-01-01 00:00:00.25', SEC_TO_TIME(2), 603);
DELETE FROM t WHERE v IN (19, 601);
UPDATE t SET v = v + 2000 WHERE v IN (10, 25, 602);
BEGIN;
UPDATE t SET c01 = 50 MOD 2, c02 = 50 MOD 3, c03 = 0, c04 = 50 MOD 2, c05 = -1, c06 = -1.5, c07 = 50 MOD 4, c08 = 'x', c09 = IF(50 MOD 2, 'q', 'Q'), c10 = X'0100', c11 = X'2000', c12 = 1 + 50 MOD 2, c13 = 50 MOD 4, c14 = '2026-01-01', c15 = '2026-01-01 00:00:00.25', c16 = SEC_TO_TIME(50) WHERE v = 13;
UPDATE t SET c01 = 13 MOD 2, c02 = 13 MOD 3, c03 = 0, c04 = 13 MOD 2, c05 = -1, c06 = -1.5, c07 = 13 MOD 4, c08 = 'x', c09 = IF(13 MOD 2, 'q', 'Q'), c10 = X'0100', c11 = X'2000', c12 = 1 + 13 MOD 2, c13 = 13 MOD 4, c14 = '2026-01-01', c15 = '2026-01-01 00:00:00.25', c16 = SEC_TO_TIME(13) WHERE v = 26;
UPDATE t SET c01 = 26 MOD 2, c02 = 26 MOD 3, c03 = 0, c04 = 26 MOD 2, c05 = -1, c06 = -1.5, c07 = 26 MOD 4, c08 = 'x', c09 = IF(26 MOD 2, 'q', 'Q'), c10 = X'0100', c11 = X'2000', c12 = 1 + 26 MOD 2, c13 = 26 MOD 4, c14 = '2026-01-01', c15 = '2026-01-01 00:00:00.25', c16 = SEC_TO_TIME(26) WHERE v = 13;
COMMIT;
