MODIFY a datetime, MODIFY b date, MODIFY c time
