MODIFY v enum('A','b','C','d')
