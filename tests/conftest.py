"""Configuration of all tests."""

from pathlib import Path
import sys

import pytest

# Imported before the test plugin mounts a package of the same name.
import custom_components  # noqa: F401

# The chargers are a library that needs no Home Assistant: their tests import it from its own folder. At the end of
# the path, for the folder also has modules named like some of the standard library.
sys.path.append(str(Path(__file__).parents[1] / "custom_components" / "evse_pilot"))


@pytest.fixture(autouse=True)
def sockets(socket_enabled: None) -> None:
    """Allow sockets: the emulators listen on real ones of this machine."""


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave the event loop as Python has it, in place of the plugin's debug mode.

    That mode records where each call and each future was made, which is half the time of a test in Home Assistant, and
    is read only when one of them fails. PYTHONASYNCIODEBUG=1 switches it on, as CI does in its second job.
    """
