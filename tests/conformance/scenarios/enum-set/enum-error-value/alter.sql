MODIFY v enum('a','b','c')
