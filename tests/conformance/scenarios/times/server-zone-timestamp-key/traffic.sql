-- before the copy
SET time_zone = '+00:00';
UPDATE t SET v = 100 + v WHERE k BETWEEN '2026-10-25 00:00:00' AND '2026-10-25 02:00:00';

-- while copying
SET time_zone = '+00:00';
DELETE FROM t WHERE v IN (105, 106, 20);
UPDATE t SET k = '2026-10-25 00:59:59.999999' WHERE v = 107;
UPDATE t SET k = '2026-10-25 01:59:59.999999' WHERE v = 25;

-- after the copy
SET time_zone = '+00:00';
DELETE FROM t WHERE v = 108;
INSERT INTO t VALUES ('2026-10-25 00:59:59', 200), ('2026-10-25 01:59:59', 201);
