MODIFY v enum('3','2','1')
