-- while copying
UPDATE t SET v = -v WHERE n % 4 = 0;
UPDATE t SET a = 'ae' WHERE a = 'ä' AND n < 30;
UPDATE t SET b = UPPER(b) WHERE n IN (7, 33);
DELETE FROM t WHERE n IN (5, 41);
INSERT INTO t VALUES ('ss', 'İ', 3, 100);
-- after the copy
UPDATE t SET a = 'SS' WHERE n IN (10, 11);
DELETE FROM t WHERE a = 'O';
