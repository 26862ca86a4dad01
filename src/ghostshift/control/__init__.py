"""Floor 5: how a person talks to a running migration."""
