"""Floor 1: decisions. Pure and deterministic: no socket, no lock, no clock, no log."""
