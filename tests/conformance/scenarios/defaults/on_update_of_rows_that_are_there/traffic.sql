-- before the copy
UPDATE t SET m = '2002-02-02 00:00:02', b = 'early' WHERE id > 15;
-- while copying
UPDATE t SET m = '2003-03-03 00:00:03', a = -a WHERE id IN (3, 17, 38);
-- after the copy
UPDATE t SET m = '2004-04-04 00:00:04' WHERE id IN (5, 35);
