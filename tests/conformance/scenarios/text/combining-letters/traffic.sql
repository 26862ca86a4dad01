-- before the copy
UPDATE t SET v = _utf8mb4 X'65CC81' WHERE id = 2;
-- while copying
UPDATE t SET v = _utf8mb4 X'65CC81' WHERE id = 3;
UPDATE t SET v = _utf8mb4 X'C3A9' WHERE id IN (25, 40);
INSERT INTO t (id, v) VALUES (100, _utf8mb4 X'C3A9'), (101, _utf8mb4 X'E284AB');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = _utf8mb4 X'E284AB' WHERE id IN (4, 30, 100);
UPDATE t SET v = _utf8mb4 X'C3A9' WHERE id = 1;
INSERT INTO t (id, v) VALUES (102, _utf8mb4 X'65CC81'), (103, _utf8mb4 X'C3A9'), (104, _utf8mb4 X'E284AB');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
