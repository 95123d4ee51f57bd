"""A client with clocks that follow a frozen one, and without pauses."""

from datetime import UTC, datetime
import time

from aiohttp import ClientSession
from chargers.clock import Clock
from chargers.psp.charger import PspEvse

from tests.emulators.base import Emulator


async def no_wait(_: float) -> None:
    """Return at once."""


def monotonic() -> float:
    """Return the time by which resources become due, looked up at each call so that a test can freeze it."""
    return time.monotonic()


def time_of_day() -> float:
    """Return the time of day, looked up at each call so that a test can freeze it."""
    return datetime.now(UTC).timestamp()


CLOCK = Clock(monotonic=monotonic, time=time_of_day, sleep=no_wait)


def client(session: ClientSession, emulator: Emulator, serial: str | None = None) -> PspEvse:
    """Return a client of an emulated controller."""
    return PspEvse(session, emulator.host, emulator.port, serial=serial, clock=CLOCK)
