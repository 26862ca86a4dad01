-- before the copy
DELETE FROM t WHERE k > 3;

-- while copying
INSERT INTO t WITH RECURSIVE n (n) AS (SELECT 5 UNION ALL SELECT n + 1 FROM n WHERE n < 25) SELECT n, -n FROM n;

-- after the copy
DELETE FROM t WHERE v > 0;
