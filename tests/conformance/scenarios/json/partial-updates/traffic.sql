-- before the copy
SET binlog_row_value_options = PARTIAL_JSON;
UPDATE t SET v = JSON_SET(v, '$.a', 1000) WHERE id = 2;
-- while copying
SET binlog_row_value_options = PARTIAL_JSON;
UPDATE t SET v = JSON_SET(v, '$.a', 2000), w = JSON_REPLACE(w, '$.k', 'short') WHERE id IN (3, 25, 40);
UPDATE t SET v = JSON_REMOVE(v, '$.l[1]') WHERE id IN (4, 41);
UPDATE t SET id = id + 100, v = JSON_SET(v, '$.a', 3) WHERE id IN (5, 42);
DELETE FROM t WHERE id = 6;
-- after the copy
SET binlog_row_value_options = PARTIAL_JSON, binlog_row_image = MINIMAL;
UPDATE t SET v = JSON_REPLACE(v, '$.pad', 'y') WHERE id % 7 = 0;
