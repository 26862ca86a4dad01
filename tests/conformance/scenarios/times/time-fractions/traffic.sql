-- before the copy
SET sql_mode = 'NO_ENGINE_SUBSTITUTION';
INSERT INTO t (id, t0, t1, t2, t3, t4, t5, t6) SELECT id + 100, t0, t1, t2, t3, t4, t5, t6 FROM t WHERE id <= 5;
DELETE FROM t WHERE id IN (3, 14);

-- while copying
SET sql_mode = 'NO_ENGINE_SUBSTITUTION';
INSERT INTO t (id, t0, t1, t2, t3, t4, t5, t6) SELECT id + 200, t0, t1, t2, t3, t4, t5, t6 FROM t WHERE id <= 5;
UPDATE t SET id = id + 300 WHERE id IN (1, 2, 20, 40);
DELETE FROM t WHERE id IN (15, 16);

-- after the copy
SET sql_mode = 'NO_ENGINE_SUBSTITUTION';
INSERT INTO t (id, t0, t1, t2, t3, t4, t5, t6) SELECT id - 50, t0, t1, t2, t3, t4, t5, t6 FROM t WHERE id BETWEEN 11 AND 14 OR id > 200;
UPDATE t SET id = 1 WHERE id = 301;
DELETE FROM t WHERE id = 30;
