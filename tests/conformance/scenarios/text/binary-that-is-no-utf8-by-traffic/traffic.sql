-- while copying
UPDATE t SET v = X'FF' WHERE id = 3;
