"""Charging plans: an energy by a time, at the best price."""
