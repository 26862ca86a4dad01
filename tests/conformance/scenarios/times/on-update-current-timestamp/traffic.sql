-- before the copy
SET timestamp = 1767225700.5;
UPDATE t SET v = -v WHERE id IN (1, 30);
INSERT INTO t (id, v) VALUES (101, 1);

-- while copying
SET timestamp = 1767225800.25;
UPDATE t SET v = -v WHERE id MOD 5 = 0;
UPDATE t SET v = v WHERE id = 7;
INSERT INTO t (id, v) VALUES (5, 0) ON DUPLICATE KEY UPDATE v = 55;

-- after the copy
SET timestamp = 1767225900;
REPLACE INTO t (id, v) VALUES (6, 66), (102, 2);
UPDATE t SET changed = '2020-01-01 00:00:00' WHERE id = 8;
