-- before the copy
INSERT INTO t VALUES (18446744073709551610, 27);

-- after the copy
INSERT INTO t (v) VALUES (26);
