-- while copying
UPDATE t SET id = 'KEY1' WHERE v = 30;
