-- before the copy
INSERT INTO t VALUES (1, 1), (2, 2);

-- while copying
INSERT INTO t VALUES (-5, 5), (100, 100);
DELETE FROM t WHERE k = 2;

-- after the copy
INSERT INTO t VALUES (3, 3);
