-- while copying
UPDATE t SET u = CONCAT(u, 'x') WHERE id IN (3, 25, 40);
UPDATE t SET u = NULL WHERE id IN (4, 39);
UPDATE t SET u = 'É4' WHERE id = 39;
DELETE FROM t WHERE id IN (5, 38);
INSERT INTO t VALUES (100, 'É5'), (101, NULL);
UPDATE t SET id = id + 200 WHERE id IN (7, 37);
-- after the copy
UPDATE t SET u = 'z' WHERE id = 25;
DELETE FROM t WHERE id = 100;
