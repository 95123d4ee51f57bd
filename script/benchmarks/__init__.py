"""What the integration costs, in numbers that can be made again: script/bench."""

# Before anything imports voluptuous, in whose place Home Assistant puts its successor.
import homeassistant  # noqa: F401
