-- before the copy
UPDATE t SET a = X'61' WHERE id = 2;
-- while copying
UPDATE t SET a = X'61' WHERE id = 3;
UPDATE t SET a = X'' WHERE id IN (25, 40);
INSERT INTO t (id, a) VALUES (100, X''), (101, 'ab');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET a = 'ab' WHERE id IN (4, 30, 100);
UPDATE t SET a = X'' WHERE id = 1;
INSERT INTO t (id, a) VALUES (102, X'61'), (103, X''), (104, 'ab');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
