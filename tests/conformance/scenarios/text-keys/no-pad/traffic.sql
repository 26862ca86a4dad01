-- while copying
UPDATE t SET id = CONCAT(id, '     ') WHERE v IN (3, 25, 40);
DELETE FROM t WHERE id = 'k002';
INSERT INTO t VALUES ('k005     ', 500), (' ', 1), ('', 2);
-- after the copy
UPDATE t SET v = v + 1000 WHERE id IN ('k006', 'k006  ', ' ');
DELETE FROM t WHERE id = '';
