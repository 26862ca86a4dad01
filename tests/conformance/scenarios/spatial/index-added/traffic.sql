-- before the copy
UPDATE t SET a = ST_GeomFromText('POINT(1 1)') WHERE id = 2;
-- while copying
UPDATE t SET a = ST_GeomFromText('POINT(1 1)') WHERE id = 3;
UPDATE t SET a = ST_GeomFromText('POINT(2 2)') WHERE id IN (25, 40);
INSERT INTO t (id, a) VALUES (100, ST_GeomFromText('POINT(2 2)')), (101, ST_GeomFromText('POINT(0 0)'));
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET a = ST_GeomFromText('POINT(0 0)') WHERE id IN (4, 30, 100);
UPDATE t SET a = ST_GeomFromText('POINT(2 2)') WHERE id = 1;
INSERT INTO t (id, a) VALUES (102, ST_GeomFromText('POINT(1 1)')), (103, ST_GeomFromText('POINT(2 2)')), (104, ST_GeomFromText('POINT(0 0)'));
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
