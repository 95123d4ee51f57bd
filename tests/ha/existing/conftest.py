"""An emulated charger of another make, the integration that has it, and our entry for it."""

from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_integration,
    mock_platform,
)

from custom_components.evse_pilot.const import CONF_CIRCUIT_CURRENT, CONF_VENDOR, DOMAIN
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from tests import otherbox
from tests.emulators.otherbox import OtherboxEmulator
from tests.otherbox import config_flow, number, sensor, switch

type See = Callable[[], Awaitable[None]]

# Which of its entities is what, by their keys.
ROLES = {
    "status": ("sensor", "status"),
    "limit": ("number", "charge_limit"),
    "switch": ("switch", "charging_allowed"),
    "phases": ("switch", "single_phase"),
    "power": ("sensor", "power"),
    "current_l1": ("sensor", "current_l1"),
    "current_l2": ("sensor", "current_l2"),
    "current_l3": ("sensor", "current_l3"),
    "energy": ("sensor", "total_energy"),
    "session_energy": ("sensor", "session_energy"),
}


async def set_up_otherbox(
    hass: HomeAssistant, emulator: OtherboxEmulator, title: str = "Otherbox"
) -> MockConfigEntry:
    """Set up the integration of an Otherbox, and return its entry."""
    mock_integration(
        hass,
        MockModule(
            "otherbox",
            async_setup_entry=otherbox.async_setup_entry,
            async_unload_entry=otherbox.async_unload_entry,
        ),
    )
    mock_platform(hass, "otherbox.config_flow", config_flow)  # type: ignore[arg-type]
    for name, module in (("number", number), ("sensor", sensor), ("switch", switch)):
        mock_platform(hass, f"otherbox.{name}", MockPlatform(async_setup_entry=module.async_setup_entry))
    entry = MockConfigEntry(
        domain="otherbox", title=title, data={CONF_HOST: emulator.host, CONF_PORT: emulator.port}
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


def device_of(hass: HomeAssistant, other: MockConfigEntry) -> str:
    """Return the device of another integration's entry."""
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), other.entry_id)
    return device.id


def entry_for(hass: HomeAssistant, other: MockConfigEntry, title: str = "Otherbox") -> MockConfigEntry:
    """Return our entry for a charger of another integration, as its flow would have made it."""
    registry, device_id = er.async_get(hass), device_of(hass, other)
    roles = {}
    for role, (platform, key) in ROLES.items():
        entity_id = registry.async_get_entity_id(platform, "otherbox", f"{other.entry_id}_{key}")
        if entity_id is not None:
            item = registry.async_get(entity_id)
            assert item
            roles[role] = {"entity_id": entity_id, "id": item.id}
    return MockConfigEntry(
        domain=DOMAIN,
        title=title,
        unique_id=f"existing_{device_id}",
        data={
            CONF_VENDOR: "existing",
            "integration": "otherbox",
            "device": device_id,
            "roles": roles,
            "owners": sorted(roles),
        },
        options={CONF_CIRCUIT_CURRENT: 32.0},
    )


@pytest.fixture
async def emulator() -> AsyncGenerator[OtherboxEmulator]:
    """Return a charger with a switch; its clock follows a frozen one."""
    async with OtherboxEmulator(clock=lambda: dt_util.utcnow().timestamp()) as emulator:
        yield emulator


@pytest.fixture
async def other(hass: HomeAssistant, emulator: OtherboxEmulator) -> MockConfigEntry:
    """Return the entry of its integration, set up."""
    return await set_up_otherbox(hass, emulator)


@pytest.fixture
def see(hass: HomeAssistant, other: MockConfigEntry) -> See:
    """Return a function that lets its integration poll it."""

    async def see() -> None:
        await other.runtime_data.async_refresh()
        await hass.async_block_till_done()

    return see


@pytest.fixture
async def loaded(hass: HomeAssistant, other: MockConfigEntry) -> MockConfigEntry:
    """Return our entry, set up."""
    entry = entry_for(hass, other, "Car port")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry
