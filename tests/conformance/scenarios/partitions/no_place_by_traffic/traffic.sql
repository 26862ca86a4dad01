-- after the copy
INSERT INTO t (id, a) VALUES (60, 1);
