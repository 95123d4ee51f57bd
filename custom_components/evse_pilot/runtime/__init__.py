"""Runtime shared by all entries."""
