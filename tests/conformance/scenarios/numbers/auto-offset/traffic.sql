-- while copying
SET auto_increment_increment = 10, auto_increment_offset = 3;
INSERT INTO t (v) VALUES (200), (201);

-- after the copy
SET auto_increment_increment = 10, auto_increment_offset = 3;
INSERT INTO t (v) VALUES (202);
DELETE FROM t WHERE v = 202;
