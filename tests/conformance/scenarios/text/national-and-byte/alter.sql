MODIFY a nvarchar(9), MODIFY c longtext, MODIFY d binary(3)
