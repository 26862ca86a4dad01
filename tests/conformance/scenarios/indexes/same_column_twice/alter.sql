ADD KEY one (a), ADD KEY two (a)
