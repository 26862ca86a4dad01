-- before the copy
UPDATE t SET v = VEC_FromText('[1,2,3]') WHERE id = 2;
-- while copying
UPDATE t SET v = VEC_FromText('[1,2,3]') WHERE id = 3;
UPDATE t SET v = VEC_FromText('[0,0,0]') WHERE id IN (25, 40);
INSERT INTO t (id, v) VALUES (100, VEC_FromText('[0,0,0]')), (101, VEC_FromText('[9,8,7]'));
DELETE FROM t WHERE id IN (5, 26, 41);
UPDATE t SET id = id + 200 WHERE id IN (7, 27, 43);
-- after the copy
UPDATE t SET v = VEC_FromText('[9,8,7]') WHERE id IN (4, 30, 100);
UPDATE t SET v = VEC_FromText('[0,0,0]') WHERE id = 1;
INSERT INTO t (id, v) VALUES (102, VEC_FromText('[1,2,3]')), (103, VEC_FromText('[0,0,0]')), (104, VEC_FromText('[9,8,7]'));
DELETE FROM t WHERE id IN (8, 42, 101);
UPDATE t SET id = id + 300 WHERE id IN (9, 33, 104);
