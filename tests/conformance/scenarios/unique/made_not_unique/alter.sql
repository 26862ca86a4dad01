DROP KEY u, ADD KEY u (a)
