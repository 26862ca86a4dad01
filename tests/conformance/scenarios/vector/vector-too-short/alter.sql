MODIFY v vector(2)
