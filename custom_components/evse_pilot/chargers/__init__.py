"""Chargers on the wire; without Home Assistant, except for entities.py and vendor.py."""
