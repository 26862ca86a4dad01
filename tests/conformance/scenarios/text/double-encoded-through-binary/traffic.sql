-- before the copy
UPDATE t SET v = X'C3A4', w = X'FF', c = 'ab' WHERE id = 2;
-- while copying
UPDATE t SET v = X'C3A4', w = X'FF', c = 'ab' WHERE id = 3;
UPDATE t SET v = X'81', w = NULL, c = '' WHERE id IN (25, 40);
INSERT INTO t (id, v, w, c) VALUES (100, X'81', NULL, ''), (101, 'a ', 'b ', 'c ');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = 'a ', w = 'b ', c = 'c ' WHERE id IN (4, 30, 100);
UPDATE t SET v = X'81', w = NULL, c = '' WHERE id = 1;
INSERT INTO t (id, v, w, c) VALUES (102, X'C3A4', X'FF', 'ab'), (103, X'81', NULL, ''), (104, 'a ', 'b ', 'c ');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
