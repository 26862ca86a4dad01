-- after the copy
INSERT INTO t VALUES (200, '😀');
