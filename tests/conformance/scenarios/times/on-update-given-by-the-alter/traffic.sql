-- before the copy
UPDATE t SET v = 1 WHERE id < 3;

-- while copying
UPDATE t SET v = 2 WHERE id IN (4, 24);

-- after the copy
UPDATE t SET v = 3 WHERE id = 10;
