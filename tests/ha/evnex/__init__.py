"""An EVNEX in a running Home Assistant."""
