-- before the copy
UPDATE t SET `größe` = 1, `日本` = 'é', `x``y` = 1, `per%cent` = 2, `quo'te` = 3, `dou"ble` = 4, `a.b` = 5, `select` = 6, `back\slash` = 7 WHERE id = 2;
-- while copying
UPDATE t SET `größe` = 1, `日本` = 'é', `x``y` = 1, `per%cent` = 2, `quo'te` = 3, `dou"ble` = 4, `a.b` = 5, `select` = 6, `back\slash` = 7 WHERE id = 3;
UPDATE t SET `größe` = NULL, `日本` = NULL, `x``y` = NULL, `per%cent` = NULL, `quo'te` = NULL, `dou"ble` = NULL, `a.b` = NULL, `select` = NULL, `back\slash` = NULL WHERE id IN (25, 40);
INSERT INTO t (id, `größe`, `日本`, `x``y`, `per%cent`, `quo'te`, `dou"ble`, `a.b`, `select`, `back\slash`) VALUES (100, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (101, -1, '', -1, -2, -3, -4, -5, -6, -7);
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET `größe` = -1, `日本` = '', `x``y` = -1, `per%cent` = -2, `quo'te` = -3, `dou"ble` = -4, `a.b` = -5, `select` = -6, `back\slash` = -7 WHERE id IN (4, 30, 100);
UPDATE t SET `größe` = NULL, `日本` = NULL, `x``y` = NULL, `per%cent` = NULL, `quo'te` = NULL, `dou"ble` = NULL, `a.b` = NULL, `select` = NULL, `back\slash` = NULL WHERE id = 1;
INSERT INTO t (id, `größe`, `日本`, `x``y`, `per%cent`, `quo'te`, `dou"ble`, `a.b`, `select`, `back\slash`) VALUES (102, 1, 'é', 1, 2, 3, 4, 5, 6, 7), (103, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (104, -1, '', -1, -2, -3, -4, -5, -6, -7);
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
