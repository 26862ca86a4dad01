MODIFY v bit(16)
