"""Floor 3: each file is one thread's body, to be read from top to bottom."""
