MODIFY a timestamp NULL
