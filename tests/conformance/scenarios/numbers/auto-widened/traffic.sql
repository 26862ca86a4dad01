-- while copying
INSERT INTO t (v) VALUES (40);
DELETE FROM t WHERE v = 40;
