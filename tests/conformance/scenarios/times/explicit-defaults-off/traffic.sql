-- while copying
UPDATE t SET a = 0 WHERE id IN (5, 25);
