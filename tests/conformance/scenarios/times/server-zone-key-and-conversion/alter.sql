MODIFY v timestamp NULL
