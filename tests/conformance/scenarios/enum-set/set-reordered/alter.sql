MODIFY v set('d','c','x','b','a')
