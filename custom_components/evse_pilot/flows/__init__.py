"""The flows of the config entries."""
