-- while copying
UPDATE t SET a = 7, b = 'same' WHERE id IN (5, 6, 36, 37);
