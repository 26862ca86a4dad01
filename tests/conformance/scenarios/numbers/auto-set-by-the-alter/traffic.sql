-- after the copy
INSERT INTO t (v) VALUES (200);
