MODIFY v int
