-- before the copy
INSERT INTO t (v) VALUES (101), (102);
DELETE FROM t WHERE v = 102;

-- while copying
INSERT INTO t (v) VALUES (103), (104);
DELETE FROM t WHERE v >= 103;

-- after the copy
INSERT INTO t (v) VALUES (105);
INSERT INTO t (v) VALUES (106);
DELETE FROM t WHERE v IN (105, 106);
