MODIFY a datetime(2), MODIFY b date
