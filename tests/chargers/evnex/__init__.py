"""The EVNEX library."""
