-- before the copy
UPDATE t SET a = -1000 WHERE id = 2;

-- while copying
INSERT INTO t VALUES (101, 5000);
UPDATE t SET a = 500 WHERE id IN (1, 30);
