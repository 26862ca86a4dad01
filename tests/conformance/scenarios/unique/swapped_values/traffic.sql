-- before the copy
UPDATE t SET a = CASE id WHEN 1 THEN 400 ELSE 10 END + 1 WHERE id IN (1, 40);
UPDATE t SET a = a - 1 WHERE id IN (1, 40);
-- while copying
BEGIN;
UPDATE t SET a = -20 WHERE id = 2;
UPDATE t SET a = 20 WHERE id = 38;
UPDATE t SET a = 380 WHERE id = 2;
COMMIT;
-- after the copy
BEGIN;
UPDATE t SET a = -30 WHERE id = 3;
UPDATE t SET a = 30 WHERE id = 4;
UPDATE t SET a = 40 WHERE id = 3;
COMMIT;
REPLACE INTO t (id, a, c) VALUES (77, 50, 'replaced');
