MODIFY a int, MODIFY b bigint, MODIFY c date, MODIFY d datetime, MODIFY e int, MODIFY f int
