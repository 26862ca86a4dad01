-- while copying
SET NAMES latin1;
UPDATE t SET c_latin1 = X'E9FF', c_utf8mb4 = _latin1 X'E9FF', c_utf16 = _latin1 X'80', c_binary = _latin1 X'E9' WHERE id IN (3, 40);
SET NAMES gbk;
UPDATE t SET c_gbk = X'D6D0', c_utf8mb4 = _gbk X'D6D0', c_sjis = _gbk X'D6D0' WHERE id IN (4, 39);
SET NAMES utf8mb4;
UPDATE t SET c_utf32 = '😀', c_ucs2 = '漢' WHERE id IN (5, 38);
DELETE FROM t WHERE id IN (6, 37);
UPDATE t SET id = id + 100 WHERE id IN (7, 36);
-- after the copy
SET NAMES sjis;
UPDATE t SET c_sjis = X'93FA', c_utf8mb3 = _sjis X'93FA', c_latin1 = 'x' WHERE id IN (8, 35);
INSERT INTO t (id, c_sjis) VALUES (200, X'B1');
SET NAMES utf8mb3;
UPDATE t SET c_ascii = 'a' WHERE id IN (9, 34);
