-- before the copy
XA START 'a';
UPDATE t SET v = 100 WHERE k IN (3, 23);
DELETE FROM t WHERE k = 4;
XA END 'a';
XA PREPARE 'a';
XA COMMIT 'a';

-- while copying
XA START 'b';
UPDATE t SET v = 200 WHERE k IN (5, 25);
XA END 'b';
XA PREPARE 'b';
XA ROLLBACK 'b';
XA START 'c';
UPDATE t SET k = 90 WHERE k = 6;
XA END 'c';
XA COMMIT 'c' ONE PHASE;

-- after the copy
XA START 'd';
INSERT INTO t VALUES (91, 91);
DELETE FROM t WHERE k = 27;
XA END 'd';
XA PREPARE 'd';
XA COMMIT 'd';
