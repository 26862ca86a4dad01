-- before the copy
INSERT INTO t (id, a, b, c, d) SELECT id + 100, a, b, c, d FROM t WHERE id <= 5;
DELETE FROM t WHERE id IN (3, 14);

-- while copying
INSERT INTO t (id, a, b, c, d) SELECT id + 200, a, b, c, d FROM t WHERE id <= 5;
UPDATE t SET id = id + 300 WHERE id IN (1, 2, 20, 40);
DELETE FROM t WHERE id IN (15, 16);

-- after the copy
INSERT INTO t (id, a, b, c, d) SELECT id - 50, a, b, c, d FROM t WHERE id BETWEEN 11 AND 14 OR id > 200;
UPDATE t SET id = 1 WHERE id = 301;
DELETE FROM t WHERE id = 30;
