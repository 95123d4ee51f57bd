"""Emulated boxes of each kind and firmware, clients of them, and a clock that stands still unless it is set."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from aiohttp import ClientSession
from chargers.lektrico.box import LektricoBox
from chargers.lektrico.charger import Lektrico
import pytest

from tests.emulators.lektrico import LektricoEmulator

type Make = Callable[..., Awaitable[LektricoEmulator]]
type Connect = Callable[..., Lektrico]


class Clock:
    """The clock of the client."""

    def __init__(self) -> None:
        """Start at any time."""
        self.now_s = 1000.0

    def __call__(self) -> float:
        """Return the time in seconds, from any origin."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """Return the clock."""
    return Clock()


@pytest.fixture
async def make() -> AsyncGenerator[Make]:
    """Return a function that starts an emulated box, with the options of the emulator."""
    async with AsyncExitStack() as stack:

        async def make(model: str = "1p7k", firmware: str = "1.51", **options: Any) -> LektricoEmulator:
            return await stack.enter_async_context(LektricoEmulator(model, firmware, **options))

        yield make


@pytest.fixture
def connect(session: ClientSession, clock: Clock) -> Connect:
    """Return a function that makes a client of a box."""

    def connect(box: LektricoEmulator, **options: Any) -> Lektrico:
        return Lektrico(LektricoBox(session, box.host, box.port, clock=clock, **options))

    return connect


@pytest.fixture
async def box(make: Make) -> LektricoEmulator:
    """Return a three-phase charger of newer firmware."""
    return await make("3p22k", "2.0")


@pytest.fixture
async def charger(box: LektricoEmulator, connect: Connect) -> Lektrico:
    """Return a client of it that has read everything."""
    charger = connect(box)
    await charger.fetch()
    box.calls.clear()
    return charger
