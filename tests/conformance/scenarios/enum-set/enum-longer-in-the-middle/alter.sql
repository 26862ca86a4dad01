MODIFY v enum('a','x','b','y','c','d')
