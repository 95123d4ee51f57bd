"""A charger that another integration has, in Home Assistant."""
