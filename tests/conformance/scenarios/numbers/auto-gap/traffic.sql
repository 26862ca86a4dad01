-- while copying
INSERT INTO t (v) VALUES (200);

-- after the copy
DELETE FROM t WHERE v = 200;
