"""Charging by the sun: what a roof leaves to the cars of a group."""
