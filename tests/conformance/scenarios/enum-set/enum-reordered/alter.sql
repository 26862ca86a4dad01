MODIFY v enum('d','c','b','a')
