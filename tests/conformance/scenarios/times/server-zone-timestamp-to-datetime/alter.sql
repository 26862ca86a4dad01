MODIFY a datetime
