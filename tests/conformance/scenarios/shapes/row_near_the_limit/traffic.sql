-- before the copy
UPDATE t SET w = REPEAT('ß', 16000) WHERE id IN (3, 33);
-- while copying
UPDATE t SET id = id + 100, w = REPEAT('y', 15999) WHERE id IN (4, 34);
-- after the copy
DELETE FROM t WHERE id IN (5, 35);
