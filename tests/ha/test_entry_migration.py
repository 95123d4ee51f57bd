"""Entries of earlier versions, whose data had what is an option today."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import CONF_CIRCUIT_CURRENT, CONF_POWER_SOURCE, DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from tests.emulators.evnex import EvnexEmulator
from tests.emulators.psp import MODBUS_NMID30_2, REMOTE, PspEmulator

from .evnex.conftest import entry_for as evnex_entry
from .psp.conftest import entry_for as psp_entry


def earlier(entry: MockConfigEntry, **data: object) -> MockConfigEntry:
    """Return an entry as version 1.1 stored it."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=entry.title,
        unique_id=entry.unique_id,
        data={**entry.data, **data},
        minor_version=1,
    )


async def test_the_circuit_becomes_an_option(hass: HomeAssistant) -> None:
    """The limit of the circuit holds as before, from the options."""
    async with EvnexEmulator() as cloud:
        entry = earlier(evnex_entry(cloud), **{CONF_CIRCUIT_CURRENT: 13})
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert (entry.version, entry.minor_version) == (1, 2)
        assert CONF_CIRCUIT_CURRENT not in entry.data
        assert entry.options == {CONF_CIRCUIT_CURRENT: 13}
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_the_power_source_becomes_an_option(hass: HomeAssistant) -> None:
    """A meter that was stored by the earlier version is restored by this one."""
    stored = {"type": "modbus_nmid30_2", "address": "192.168.0.31"}
    async with PspEmulator() as box:
        box.settings["Meter2Type"], box.settings["Meter2Ip"] = REMOTE, "127.0.0.1"
        entry = earlier(psp_entry(box), **{CONF_POWER_SOURCE: stored})
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert entry.options == {CONF_POWER_SOURCE: stored}
        await hass.services.async_call(
            DOMAIN, "release_power_control", {"entity_id": "sensor.psp_evse_status"}, blocking=True
        )
        assert box.settings["Meter2Type"] == MODBUS_NMID30_2
        assert entry.options == {}


@pytest.mark.parametrize(("version", "minor"), [(1, 3), (2, 1)])
async def test_an_entry_of_a_later_version(hass: HomeAssistant, version: int, minor: int) -> None:
    """A later minor version is used as it is; a later major one is refused, and stays as it is."""
    async with PspEmulator() as box:
        data = dict(psp_entry(box).data)
        entry = MockConfigEntry(
            domain=DOMAIN, title="PSP EVSE", data=data, version=version, minor_version=minor
        )
        entry.add_to_hass(hass)
        is_set_up = await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert is_set_up is (version == 1)
        assert entry.state is (ConfigEntryState.LOADED if version == 1 else ConfigEntryState.MIGRATION_ERROR)
        assert (entry.version, entry.minor_version) == (version, minor)


async def test_an_earlier_entry_that_is_removed_without_being_set_up(hass: HomeAssistant) -> None:
    """Its data are enough to restore the charger."""
    async with EvnexEmulator() as cloud:
        entry = earlier(evnex_entry(cloud), **{CONF_CIRCUIT_CURRENT: 13})
        entry.add_to_hass(hass)
        await hass.config_entries.async_remove(entry.entry_id)
        assert not hass.config_entries.async_entries(DOMAIN)
