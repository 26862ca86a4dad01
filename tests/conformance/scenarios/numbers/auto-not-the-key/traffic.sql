-- before the copy
INSERT INTO t (k) VALUES ('new1');

-- while copying
UPDATE t SET k = 'moved' WHERE id = 5;
INSERT INTO t (k) VALUES ('a'), ('z');

-- after the copy
DELETE FROM t WHERE k = 'z';
