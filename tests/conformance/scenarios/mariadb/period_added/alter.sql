ADD PERIOD FOR validity (s, e)
