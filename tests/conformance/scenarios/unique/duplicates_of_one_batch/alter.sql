ADD UNIQUE KEY u (a, b)
