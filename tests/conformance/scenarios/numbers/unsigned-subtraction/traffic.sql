-- before the copy
UPDATE t SET a = 0 WHERE id = 30;

-- while copying
INSERT INTO t (id, a) VALUES (101, 2);
UPDATE t SET a = 1 WHERE id IN (5, 25);
