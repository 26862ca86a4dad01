-- before the copy
UPDATE t SET v = v + 100 WHERE v MOD 3 = 0;

-- while copying
UPDATE t SET v = v + 200 WHERE v MOD 2 = 0;
DELETE FROM t WHERE k IN ('\'', '\\', ';');
UPDATE t SET k = '\\\\' WHERE k = '\\\'';
INSERT INTO t VALUES ('\'\'', 30), ('\\0', 31);

-- after the copy
UPDATE t SET v = v + 400 WHERE k IN ('', '\0', 'a\0b', '%s');
UPDATE t SET k = ' ' WHERE k = '';
