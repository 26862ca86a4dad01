-- before the copy
UPDATE t SET a = ST_GeomFromText('POINT(0.1 10000000000.0)'), f = NULL WHERE id = 2;
-- while copying
UPDATE t SET a = ST_GeomFromText('POINT(0.1 10000000000.0)'), f = NULL WHERE id = 3;
UPDATE t SET a = NULL, f = ST_GeomFromText('LINESTRING(0 0,1 1)') WHERE id IN (25, 40);
INSERT INTO t (id, a, f) VALUES (100, NULL, ST_GeomFromText('LINESTRING(0 0,1 1)')), (101, ST_GeomFromText('POINT(-0.5 0)'), ST_GeomFromText('POINT(9 9)'));
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET a = ST_GeomFromText('POINT(-0.5 0)'), f = ST_GeomFromText('POINT(9 9)') WHERE id IN (4, 30, 100);
UPDATE t SET a = NULL, f = ST_GeomFromText('LINESTRING(0 0,1 1)') WHERE id = 1;
INSERT INTO t (id, a, f) VALUES (102, ST_GeomFromText('POINT(0.1 10000000000.0)'), NULL), (103, NULL, ST_GeomFromText('LINESTRING(0 0,1 1)')), (104, ST_GeomFromText('POINT(-0.5 0)'), ST_GeomFromText('POINT(9 9)'));
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
