"""Floor 2: the only folder that talks to a server through the driver."""
