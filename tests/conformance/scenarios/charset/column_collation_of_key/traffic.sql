-- before the copy
UPDATE t SET a = a + 1000 WHERE k LIKE 'schlüssel 1%';
DELETE FROM t WHERE k = 'SCHLÜSSEL 22';
-- while copying
UPDATE t SET k = UPPER(k) WHERE a IN (3, 33, 35);
UPDATE t SET k = CONCAT('neu ', k) WHERE a IN (4, 38);
INSERT INTO t VALUES ('größer', 500), ('Schlüssel 22', 501);
-- after the copy
UPDATE t SET k = LOWER(k) WHERE a IN (5, 33);
DELETE FROM t WHERE a = 36;
INSERT INTO t VALUES ('zuletzt', 502);
