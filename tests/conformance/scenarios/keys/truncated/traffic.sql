-- while copying
TRUNCATE TABLE t;
