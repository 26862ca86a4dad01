-- while copying
UPDATE t SET u = NULL WHERE id = 3;
UPDATE t SET u = 'e3' WHERE id = 40;
UPDATE t SET u = 'é40' WHERE id = 3;
UPDATE t SET u = NULL WHERE id IN (5, 35);
UPDATE t SET u = 'É5' WHERE id = 35;
UPDATE t SET u = 'É35' WHERE id = 5;
DELETE FROM t WHERE id = 6;
INSERT INTO t VALUES (100, 'e6');
-- after the copy
UPDATE t SET u = NULL WHERE id = 7;
UPDATE t SET u = 'e7' WHERE id = 8;
UPDATE t SET u = 'e8' WHERE id = 7;
