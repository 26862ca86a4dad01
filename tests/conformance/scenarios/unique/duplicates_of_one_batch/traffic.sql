-- after the copy
UPDATE t SET a = 7, b = 'same' WHERE id IN (6, 26);
