MODIFY a date
