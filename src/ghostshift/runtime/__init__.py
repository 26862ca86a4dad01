"""Floor 1: threads without MySQL."""
