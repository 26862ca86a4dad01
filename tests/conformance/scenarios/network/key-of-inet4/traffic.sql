-- while copying
UPDATE t SET v = -v WHERE v % 3 = 0;
DELETE FROM t WHERE v IN (5, 20, 40);
UPDATE t SET id = '255.0.0.1' WHERE v = 7;
INSERT INTO t VALUES ('0.0.0.0', 100);
-- after the copy
DELETE FROM t WHERE v IN (8, 22, 43);
UPDATE t SET v = 1000 WHERE v < 0;
DELETE FROM t WHERE id = '0.0.0.0';
