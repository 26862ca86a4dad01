-- after the copy
UPDATE t SET b = NULL WHERE id = 12;
