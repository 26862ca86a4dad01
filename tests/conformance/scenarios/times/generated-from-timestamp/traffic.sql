-- while copying
SET time_zone = '-09:00';
UPDATE t SET ts = DATE_ADD(ts, INTERVAL 1 MINUTE) WHERE id IN (5, 25);
