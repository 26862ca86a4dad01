-- after the copy
UPDATE t SET c = 'c12' WHERE id = 30;
