-- while copying
INSERT INTO t (k) VALUES (100);
