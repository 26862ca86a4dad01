-- while copying
INSERT INTO t (v) VALUES (40);
