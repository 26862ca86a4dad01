"""Floor 0: frozen values and the words of the trade. Imports only the standard library and itself."""
