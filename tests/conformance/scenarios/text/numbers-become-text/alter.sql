MODIFY a varchar(40), MODIFY b varchar(40), MODIFY c varchar(40), MODIFY d char(10), MODIFY e varbinary(40), MODIFY f text, MODIFY g binary(30), MODIFY h text CHARACTER SET ucs2
