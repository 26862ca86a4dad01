MODIFY v enum('a','b','')
