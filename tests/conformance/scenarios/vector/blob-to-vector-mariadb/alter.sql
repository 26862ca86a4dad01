MODIFY v vector(3)
