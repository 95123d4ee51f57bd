"""Configuration of all tests."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import sys

import pytest

# Imported before the test plugin mounts a package of the same name.
import custom_components  # noqa: F401
from homeassistant.util.executor import InterruptibleThreadPoolExecutor

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


def _shut_down(executor: ThreadPoolExecutor, *_: object, **__: object) -> None:
    """Wait until the threads of an executor have ended."""
    ThreadPoolExecutor.shutdown(executor, wait=True, cancel_futures=True)


@pytest.fixture(autouse=True, scope="session")
def wait_for_threads() -> Generator[None]:
    """Let a test end when its threads have, in place of after ten seconds at most.

    Home Assistant interrupts threads that are slower to end, for its users wait; after a pause of a whole machine that
    is any thread, and the plugin then finds one left behind. A thread that never ends fails by its test's time limit.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InterruptibleThreadPoolExecutor, "shutdown", _shut_down)
        yield
