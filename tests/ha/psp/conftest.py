"""An emulated PSP EVSE, and its entry."""

from collections.abc import AsyncGenerator, Awaitable, Callable
import math

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.chargers.psp.webapi import _EVERY_S
from custom_components.evse_pilot.const import CONF_SERIAL, CONF_VENDOR, DOMAIN
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.emulators.psp import PspEmulator
from tests.ha.conftest import Poll

type Later = Callable[[], Awaitable[None]]

SERIAL = "e0e2e6000001"


@pytest.fixture
async def emulator() -> AsyncGenerator[PspEmulator]:
    """Return a PSP EVSE of the newest firmware, listening; its clock follows a frozen one."""
    async with PspEmulator(clock=lambda: dt_util.utcnow().timestamp()) as emulator:
        yield emulator


def entry_for(emulator: PspEmulator, title: str = "PSP EVSE") -> MockConfigEntry:
    """Return an entry for an emulated controller."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=title,
        unique_id=f"psp_{SERIAL}",
        data={
            CONF_VENDOR: "psp",
            CONF_HOST: emulator.host,
            CONF_PORT: emulator.port,
            CONF_SERIAL: SERIAL,
        },
    )


@pytest.fixture
def entry(hass: HomeAssistant, emulator: PspEmulator) -> MockConfigEntry:
    """Return its entry, not yet set up."""
    entry = entry_for(emulator)
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch, poll: Poll) -> Later:
    """Return a function that lets the next polls happen, each of which reads the meters again as if it were time."""

    async def later() -> None:
        # One of what is due is read with each poll.
        for now, then in (("Meter1", "Meter2"), ("Meter2", "Meter1")):
            monkeypatch.setitem(_EVERY_S, now, 0.0)
            monkeypatch.setitem(_EVERY_S, then, math.inf)
            for _ in range(2):
                await poll()

    return later
