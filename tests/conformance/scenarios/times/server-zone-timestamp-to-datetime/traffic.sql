-- before the copy
SET time_zone = '+00:00';
UPDATE t SET a = '2026-10-25 00:30:00' WHERE id = 1;

-- while copying
SET time_zone = '-08:00';
UPDATE t SET a = '2026-01-01 00:00:00' WHERE id IN (2, 22);

-- after the copy
INSERT INTO t VALUES (101, '2026-07-01 00:00:00');
