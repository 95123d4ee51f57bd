"""Boxes of each kind and firmware, our side of them, and a clock that stands still unless it is wound."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack

from aiohttp import ClientSession
from chargers.lektrico.charger import Lektrico
import pytest

from tests.emulators.lektrico import LektricoEmulator

type Make = Callable[..., Awaitable[LektricoEmulator]]
type Connect = Callable[..., Lektrico]


class Clock:
    """Time as our side sees it."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now_s = 1000.0

    def __call__(self) -> float:
        """Return the time, seconds since nobody knows when."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """Return the clock."""
    return Clock()


@pytest.fixture
async def make() -> AsyncGenerator[Make]:
    """Return what makes a listening box, with the options of the emulator."""
    async with AsyncExitStack() as stack:

        async def make(model: str = "1p7k", firmware: str = "1.51", **options: object) -> LektricoEmulator:
            return await stack.enter_async_context(LektricoEmulator(model, firmware, **options))  # type: ignore[arg-type]

        yield make


@pytest.fixture
def connect(session: ClientSession, clock: Clock) -> Connect:
    """Return what connects to a box."""

    def connect(box: LektricoEmulator, **options: object) -> Lektrico:
        return Lektrico(session, box.host, box.port, clock=clock, **options)  # type: ignore[arg-type]

    return connect


@pytest.fixture
async def box(make: Make) -> LektricoEmulator:
    """Return a three-phase charger of newer firmware."""
    return await make("3p22k", "2.0")


@pytest.fixture
async def charger(box: LektricoEmulator, connect: Connect) -> Lektrico:
    """Return our side of it, once all was read."""
    charger = connect(box)
    await charger.fetch()
    box.calls.clear()
    return charger
