"""Floor 5: a throw-away server, a live write load, a migration to watch."""
