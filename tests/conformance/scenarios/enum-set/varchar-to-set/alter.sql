MODIFY v set('a','b','c','d')
