"""A Home Assistant with one emulated SmartEVSE."""

from collections.abc import AsyncGenerator

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import CONF_SERIAL, CONF_VENDOR, DOMAIN
from tests.emulators.smartevse import SmartEvseEmulator


@pytest.fixture(autouse=True)
def _custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration."""


@pytest.fixture
async def emulator() -> AsyncGenerator[SmartEvseEmulator]:
    """Return a SmartEVSE of the newest firmware, listening."""
    async with SmartEvseEmulator() as emulator:
        yield emulator


@pytest.fixture
async def entry(hass: HomeAssistant, emulator: SmartEvseEmulator) -> MockConfigEntry:
    """Return its entry, not yet set up."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="SmartEVSE",
        unique_id="smartevse_12345",
        data={
            CONF_VENDOR: "smartevse",
            CONF_HOST: emulator.host,
            CONF_PORT: emulator.port,
            CONF_SERIAL: "12345",
        },
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def loaded(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Return its entry, set up."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry
