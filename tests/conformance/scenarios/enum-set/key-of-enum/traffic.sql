-- while copying
UPDATE t SET v = -v WHERE n % 4 = 0;
DELETE FROM t WHERE n IN (5, 40);
UPDATE t SET e = 'z' WHERE n IN (6, 9, 42);
INSERT INTO t VALUES ('x', 100, 1), ('z', 100, 1);
-- after the copy
UPDATE t SET e = 'x' WHERE n IN (11, 12, 13);
DELETE FROM t WHERE n = 20;
