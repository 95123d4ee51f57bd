"""The front door: script/develop as a person uses it, with a real Home Assistant and a real browser."""
