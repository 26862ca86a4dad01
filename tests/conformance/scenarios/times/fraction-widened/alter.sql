MODIFY a time(6), MODIFY b datetime(6), MODIFY c timestamp(6) NULL
