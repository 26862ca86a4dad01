MODIFY a date, MODIFY b datetime(3), MODIFY c time(1), MODIFY d year
