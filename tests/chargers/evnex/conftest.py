"""An ACI on a socket of this machine, and our side of it."""

from collections.abc import AsyncGenerator, Callable

from aiohttp import ClientSession
from chargers.clock import Clock
from chargers.evnex.charger import Evnex
import pytest

from tests.emulators.evnex import EvnexEmulator

type MakeEvnex = Callable[..., Evnex]


@pytest.fixture
async def emulator() -> AsyncGenerator[EvnexEmulator]:
    """Return a cloud with one ACI, listening."""
    async with EvnexEmulator() as emulator:
        yield emulator


def url_of(emulator: EvnexEmulator) -> str:
    """Return where the cloud is."""
    return f"http://{emulator.host}:{emulator.port}"


@pytest.fixture
def make(session: ClientSession, emulator: EvnexEmulator) -> MakeEvnex:
    """Return what makes our side of the ACI, anew as after a restart."""

    def make(token: str | None = None, *, circuit_limit_a: float = 32, clock: Clock | None = None) -> Evnex:
        return Evnex(
            session,
            url_of(emulator),
            emulator.token() if token is None else token,
            serial=emulator.serial,
            circuit_limit_a=circuit_limit_a,
            clock=clock,
        )

    return make


@pytest.fixture
def evnex(make: MakeEvnex) -> Evnex:
    """Return our side of the ACI."""
    return make()
