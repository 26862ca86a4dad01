MODIFY a varchar(20), MODIFY b varchar(40), MODIFY c char(20) CHARACTER SET latin1, MODIFY d varchar(4)
