-- before the copy
UPDATE t SET a = ST_GeomFromText('POINT(1 2)', 4326), f = NULL WHERE id = 2;
-- while copying
UPDATE t SET a = ST_GeomFromText('POINT(1 2)', 4326), f = NULL WHERE id = 3;
UPDATE t SET a = ST_GeomFromText('POINT(3.5 -2)', 4326), f = ST_GeomFromText('POINT(1 1)') WHERE id IN (25, 40);
INSERT INTO t (id, a, f) VALUES (100, ST_GeomFromText('POINT(3.5 -2)', 4326), ST_GeomFromText('POINT(1 1)')), (101, ST_GeomFromText('POINT(-90 180)', 4326), ST_GeomFromText('POINT(1 1)', 4326));
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET a = ST_GeomFromText('POINT(-90 180)', 4326), f = ST_GeomFromText('POINT(1 1)', 4326) WHERE id IN (4, 30, 100);
UPDATE t SET a = ST_GeomFromText('POINT(3.5 -2)', 4326), f = ST_GeomFromText('POINT(1 1)') WHERE id = 1;
INSERT INTO t (id, a, f) VALUES (102, ST_GeomFromText('POINT(1 2)', 4326), NULL), (103, ST_GeomFromText('POINT(3.5 -2)', 4326), ST_GeomFromText('POINT(1 1)')), (104, ST_GeomFromText('POINT(-90 180)', 4326), ST_GeomFromText('POINT(1 1)', 4326));
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
