MODIFY a varchar(20), MODIFY b varchar(40), MODIFY c varchar(40), MODIFY d varchar(20), MODIFY e varchar(30), MODIFY y char(4)
