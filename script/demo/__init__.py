"""The demonstration that script/develop runs: a real Home Assistant, emulated chargers and their buttons."""
