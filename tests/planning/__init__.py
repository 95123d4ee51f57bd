"""Charging plans without Home Assistant."""
