"""Floor 3: who hears of the turns of a migration: a person's programs, and figures sent to a statsd."""
