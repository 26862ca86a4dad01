-- before the copy
UPDATE t SET v = _latin1 X'819D', w = _latin1 X'90' WHERE id = 2;
-- while copying
UPDATE t SET v = _latin1 X'819D', w = _latin1 X'90' WHERE id = 3;
UPDATE t SET v = _latin1 X'80FFA0', w = NULL WHERE id IN (25, 40);
INSERT INTO t (id, v, w) VALUES (100, _latin1 X'80FFA0', NULL), (101, '', _latin1 X'8D8D8D');
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = '', w = _latin1 X'8D8D8D' WHERE id IN (4, 30, 100);
UPDATE t SET v = _latin1 X'80FFA0', w = NULL WHERE id = 1;
INSERT INTO t (id, v, w) VALUES (102, _latin1 X'819D', _latin1 X'90'), (103, _latin1 X'80FFA0', NULL), (104, '', _latin1 X'8D8D8D');
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
