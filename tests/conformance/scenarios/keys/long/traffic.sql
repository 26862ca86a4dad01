-- before the copy
UPDATE t SET v = v + 100 WHERE v MOD 3 = 0;

-- while copying
DELETE FROM t WHERE v IN (5, 25);
UPDATE t SET l = CONCAT(l, 'y') WHERE v IN (7, 28);
INSERT INTO t VALUES (REPEAT(X'00', 1500), '', 50), ('', REPEAT('z', 350), 51);

-- after the copy
UPDATE t SET v = 200 WHERE v = 51;
