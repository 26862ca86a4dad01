-- before the copy
SET time_zone = 'Europe/Berlin';
UPDATE t SET ts = FROM_UNIXTIME(1792889999) WHERE id = 1;
UPDATE t SET ts = FROM_UNIXTIME(1792893599) WHERE id = 2;

-- while copying
SET time_zone = 'Europe/Berlin';
INSERT INTO t VALUES (101, FROM_UNIXTIME(1774745999), '2026-03-29 02:30:00'), (102, FROM_UNIXTIME(1774746000), '2026-10-25 02:30:00');
UPDATE t SET dt = ts, ts = FROM_UNIXTIME(1792890000) WHERE id IN (5, 25);

-- after the copy
SET time_zone = 'Australia/Lord_Howe';
UPDATE t SET ts = '2026-04-05 01:45:00' WHERE id = 30;
DELETE FROM t WHERE id = 102;
