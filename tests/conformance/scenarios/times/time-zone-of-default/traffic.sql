-- while copying
SET time_zone = '-03:00';
UPDATE t SET a = 0 WHERE id IN (5, 25);
