"""A charger that another integration of Home Assistant has, read and commanded through its entities."""
