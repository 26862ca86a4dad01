-- before the copy
UPDATE t SET g = POINT(0.1, 0.2) WHERE id IN (3, 33);
-- while copying
DELETE FROM t WHERE id IN (4, 34);
UPDATE t SET id = id + 100, a = 0 WHERE id IN (5, 35);
-- after the copy
INSERT INTO t (a, g, h) VALUES (500, POINT(1e10, -1e-10), ST_GeomFromText('POLYGON((0 0, 0 2, 2 2, 0 0))'));
UPDATE t SET h = ST_GeomFromText('POLYGON((0 0, 0 9, 9 9, 0 0))') WHERE id IN (6, 36);
