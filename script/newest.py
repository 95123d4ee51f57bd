"""The tests on a newer Home Assistant than the one that their plugin is made for: script/newest runs it.

The plugin pins the version that it is made for, and imports what the next one has moved; that is bridged here.
"""

import sys

import pytest

# Before the plugin imports httpx: from 2026.11 on Home Assistant puts httpx2 in its place.
from homeassistant.components import logger


def main() -> int:
    """Run the tests that the command line names."""
    if not hasattr(logger, "_clear_logger_overwrites"):
        logger.__dict__["_clear_logger_overwrites"] = lambda hass: None
    return pytest.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
