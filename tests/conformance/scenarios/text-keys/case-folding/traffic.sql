-- while copying
UPDATE t SET id = UPPER(id) WHERE v IN (3, 25, 40);
UPDATE t SET id = LOWER(id), v = v + 100 WHERE v IN (4, 26, 41);
DELETE FROM t WHERE id = 'KEY005';
INSERT INTO t VALUES ('kEY005', 500);
DELETE FROM t WHERE id = 'KEY038';
INSERT INTO t VALUES ('kEY038', 501);
-- after the copy
UPDATE t SET id = LOWER(id) WHERE v IN (3, 40);
UPDATE t SET id = UPPER(id) WHERE v IN (10, 11, 12);
