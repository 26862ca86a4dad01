-- before the copy
UPDATE t SET v = -1 WHERE id = '';
-- while copying
UPDATE t SET v = -2 WHERE id IN ('a', X'6100');
UPDATE t SET id = CONCAT(id, ' ') WHERE id = 'a ';
DELETE FROM t WHERE id = X'00';
UPDATE t SET id = X'FFFF' WHERE id = '';
INSERT INTO t VALUES ('', 200), (X'FE', 201);
UPDATE t SET v = v + 1000 WHERE id > X'80';
-- after the copy
DELETE FROM t WHERE id > X'C0';
UPDATE t SET id = CONCAT(id, X'00') WHERE id < X'20';
INSERT INTO t VALUES (X'0000', 300);
