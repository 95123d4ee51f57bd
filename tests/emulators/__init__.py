"""Emulated chargers on sockets of this machine: the real protocols, and methods that press their buttons."""
