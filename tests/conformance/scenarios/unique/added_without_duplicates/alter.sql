ADD UNIQUE KEY u (c), ADD UNIQUE (a, b, id)
