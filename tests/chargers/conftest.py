"""A session, chargers on sockets of this machine, and no patience."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from aiohttp import ClientSession
import chargers.evnex.client
import chargers.http
from hypothesis import settings
import pytest

from tests.chargers.bare import BareServer
from tests.emulators.psp import PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator

type MakePsp = Callable[..., Awaitable[PspEmulator]]
type MakeSmartEvse = Callable[..., Awaitable[SmartEvseEmulator]]

# A busy machine is no reason to fail.
settings.register_profile("evse_pilot", deadline=None)
settings.load_profile("evse_pilot")


@pytest.fixture(autouse=True)
def _no_pause_for_the_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask a busy box again at once."""
    monkeypatch.setattr(chargers.http, "BUSY_PAUSES_S", (0.0, 0.0))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up on a silent box after a moment, for tests that wait for just that."""
    monkeypatch.setattr(chargers.http, "TIMEOUT_S", 0.2)
    for patience in ("TIMEOUT_S", "CALL_TIMEOUT_S", "SILENCE_S"):
        monkeypatch.setattr(chargers.evnex.client, patience, 0.2)


@pytest.fixture
async def session() -> AsyncGenerator[ClientSession]:
    """Return a client session."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def smartevse() -> AsyncGenerator[MakeSmartEvse]:
    """Return what makes a listening SmartEVSE of a firmware generation, with the options of the emulator."""
    async with AsyncExitStack() as stack:

        async def make(firmware: str = "3.11.1", **options: object) -> SmartEvseEmulator:
            return await stack.enter_async_context(SmartEvseEmulator(firmware, **options))  # type: ignore[arg-type]

        yield make


@pytest.fixture
async def psp() -> AsyncGenerator[MakePsp]:
    """Return what makes a listening PSP EVSE of a firmware generation, with the options of the emulator."""
    async with AsyncExitStack() as stack:

        async def make(
            firmware: str = "0.9.2", *, kind: type[PspEmulator] = PspEmulator, **options: object
        ) -> PspEmulator:
            # Looked up at every call, so that its time stands still with ours.
            emulator = kind(firmware, clock=lambda: datetime.now(UTC).timestamp(), **options)  # type: ignore[arg-type]
            return await stack.enter_async_context(emulator)

        yield make


@pytest.fixture
async def bare() -> AsyncGenerator[BareServer]:
    """Return a listening server that sends given bytes."""
    async with BareServer() as server:
        yield server
