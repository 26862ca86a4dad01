MODIFY v enum('a','b','c','d')
