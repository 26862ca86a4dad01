-- while copying
UPDATE t SET id = REPLACE(id, 'é', 'e') WHERE v IN (3, 25, 40);
UPDATE t SET id = REPLACE(id, 'é', 'È'), v = v + 100 WHERE v IN (4, 26, 41);
DELETE FROM t WHERE v = 5;
INSERT INTO t VALUES ('e005', 500);
-- after the copy
UPDATE t SET id = REPLACE(id, 'é', 'ê') WHERE v IN (10, 11, 39);
