-- while copying
DELETE FROM t;
