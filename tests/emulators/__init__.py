"""Chargers on sockets of this machine: the real protocols, with hands to press their buttons."""
