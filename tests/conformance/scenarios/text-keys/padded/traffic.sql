-- while copying
UPDATE t SET id = CONCAT(id, '  ') WHERE v IN (3, 25, 40);
UPDATE t SET id = RTRIM(id), v = v + 100 WHERE v IN (6, 26, 42);
DELETE FROM t WHERE id = 'k005';
INSERT INTO t VALUES ('k005     ', 500);
-- after the copy
UPDATE t SET id = RTRIM(id) WHERE v IN (10, 11, 39);
