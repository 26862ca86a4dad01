-- after the copy
INSERT INTO t (id, a) VALUES (11, 999);
