-- while copying
INSERT INTO t (v) VALUES (40);

-- after the copy
DELETE FROM t WHERE id = 31;
