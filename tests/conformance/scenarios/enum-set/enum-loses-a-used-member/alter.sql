MODIFY v enum('a','b','d')
