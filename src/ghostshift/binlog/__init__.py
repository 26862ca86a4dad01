"""Floor 2: reads the binary log and reduces it to keys."""
