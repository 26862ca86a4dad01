MODIFY id int unsigned NOT NULL AUTO_INCREMENT, MODIFY a int unsigned NOT NULL
