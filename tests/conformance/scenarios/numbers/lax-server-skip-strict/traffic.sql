-- before the copy
UPDATE t SET c = -1 WHERE id = 2;

-- while copying
INSERT INTO t VALUES (101, -5000, 'abc', 0.05);
UPDATE t SET a = 500 WHERE id = 30;

-- after the copy
UPDATE t SET a = -500 WHERE id = 1;
