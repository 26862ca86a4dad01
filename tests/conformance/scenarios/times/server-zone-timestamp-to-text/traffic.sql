-- while copying
SET time_zone = '-08:00';
UPDATE t SET a = '2026-01-01 00:00:00' WHERE id IN (2, 22);
