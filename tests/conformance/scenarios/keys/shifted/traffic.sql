-- before the copy
UPDATE t SET k = k + 1 ORDER BY k DESC;

-- while copying
UPDATE t SET k = k - 1 ORDER BY k;
UPDATE t SET k = k + 2 ORDER BY k DESC;

-- after the copy
UPDATE t SET k = k + 3 WHERE k > 5 ORDER BY k DESC;
