-- while copying
UPDATE t SET v = REPEAT('y', 300) WHERE id = 4;
