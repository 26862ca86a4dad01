MODIFY v enum('b','a')
