"""The chargers: what they say on the wire, without Home Assistant but for entities.py and vendor.py."""
