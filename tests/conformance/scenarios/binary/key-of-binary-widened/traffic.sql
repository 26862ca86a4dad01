-- while copying
UPDATE t SET v = -v WHERE v % 3 = 0;
DELETE FROM t WHERE v IN (5, 40);
UPDATE t SET id = UNHEX(CONCAT('FF', LPAD(HEX(v), 4, '0'))) WHERE v IN (7, 43);
INSERT INTO t VALUES (X'', 100), (X'00FF', 101);
-- after the copy
DELETE FROM t WHERE v IN (8, 42);
UPDATE t SET id = X'01' WHERE v = 100;
