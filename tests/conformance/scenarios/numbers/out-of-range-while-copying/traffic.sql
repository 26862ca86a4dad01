-- while copying
UPDATE t SET a = 1000 WHERE id = 2;
