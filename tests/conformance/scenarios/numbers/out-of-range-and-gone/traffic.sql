-- before the copy
UPDATE t SET a = 1000 WHERE id = 30;

-- while copying
DELETE FROM t WHERE id = 30;
INSERT INTO t VALUES (41, 1);
