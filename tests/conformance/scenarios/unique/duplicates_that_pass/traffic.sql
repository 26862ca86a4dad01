-- before the copy
UPDATE t SET c = 'tmp' WHERE id = 1;
UPDATE t SET c = 'c1' WHERE id = 40;
-- while copying
DELETE FROM t WHERE id = 10;
UPDATE t SET c = 'c10' WHERE id = 31;
-- after the copy
UPDATE t SET c = 'x' WHERE id = 5;
UPDATE t SET c = 'c5' WHERE id = 6;
UPDATE t SET c = 'c6' WHERE id = 5;
DELETE FROM t WHERE id = 31;
INSERT INTO t (a, c) VALUES (5, 'c10');
