MODIFY a time, MODIFY b datetime(1), MODIFY c timestamp NULL, MODIFY d datetime
