"""Floor 5: throw-away servers for demo, tests and bench."""
