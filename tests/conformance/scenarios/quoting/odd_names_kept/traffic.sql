-- before the copy
UPDATE t SET `a ``b` = 1 WHERE `select` IN (1, 15, 39);
-- while copying
UPDATE t SET `select` = `select` + 100 WHERE `select` IN (5, 25);
DELETE FROM t WHERE `select` IN (4, 37);
-- after the copy
UPDATE t SET `ünï cödé 日本` = 'Ω' WHERE `select` IN (6, 26);
INSERT INTO t (`a ``b`) VALUES (77);
