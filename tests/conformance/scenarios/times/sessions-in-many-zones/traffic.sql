-- before the copy
SET time_zone = '-12:00';
INSERT INTO t VALUES (101, '2026-06-01 00:00:00', '2026-06-01 00:00:00');
UPDATE t SET ts = '2026-06-02 00:00:00.5', dt = ts WHERE id IN (1, 30);
SET time_zone = '+13:00';
UPDATE t SET ts = dt WHERE id = 2;

-- while copying
SET time_zone = '+13:00';
INSERT INTO t VALUES (102, '1970-01-01 13:00:01', '1970-01-01 13:00:01');
UPDATE t SET dt = ts WHERE id > 20;
SET time_zone = '-05:45';
UPDATE t SET ts = '2026-01-01 00:00:00' WHERE id = 3;

-- after the copy
SET time_zone = '+00:00';
INSERT INTO t VALUES (103, '2026-06-01 00:00:00', NULL);
SET time_zone = 'SYSTEM';
UPDATE t SET dt = ts WHERE id < 5;
DELETE FROM t WHERE ts = '2026-01-01 05:45:00';
