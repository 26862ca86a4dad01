ADD KEY f ((a + 1)), ADD KEY g ((LOWER(c)), b), DROP KEY old
