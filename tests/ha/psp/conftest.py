"""An emulated PSP EVSE, and its entry."""

from collections.abc import AsyncGenerator

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import CONF_SERIAL, CONF_VENDOR, DOMAIN
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.emulators.psp import PspEmulator

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
