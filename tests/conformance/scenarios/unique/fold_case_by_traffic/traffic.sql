-- after the copy
UPDATE t SET c = 'C12' WHERE id = 30;
