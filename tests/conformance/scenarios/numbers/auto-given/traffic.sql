-- while copying
INSERT INTO t VALUES (1000, 1);

-- after the copy
INSERT INTO t VALUES (900, 1);
