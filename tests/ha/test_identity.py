"""A SmartEVSE whose firmware reports no serial number: one and the same entry throughout."""

from ipaddress import ip_address

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import CONF_SERIAL, CONF_VENDOR, DOMAIN
from custom_components.evse_pilot.diagnostics import async_get_config_entry_diagnostics
from custom_components.evse_pilot.runtime.adoption import device_id
from homeassistant.config_entries import SOURCE_ZEROCONF, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from tests.emulators.smartevse import FIRMWARES, SmartEvseEmulator

from .conftest import entry_for


async def _set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def _nothing_is_new(hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator) -> None:
    """Announce it, give its address again, and set it up anew: it stays the only entry, with one device."""
    entities = er.async_get(hass)
    before = {item.unique_id for item in er.async_entries_for_config_entry(entities, entry.entry_id)}
    announced = ZeroconfServiceInfo(
        ip_address=ip_address(emulator.host),
        ip_addresses=[ip_address(emulator.host)],
        port=emulator.port,
        hostname=f"{emulator.host_name}.local.",
        type="_http._tcp.local.",
        name=f"{emulator.host_name}._http._tcp.local.",
        properties={},
    )
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced
    )
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    result = await entry.start_reconfigure_flow(hass)
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_HOST: f"{emulator.host}:{emulator.port}"}
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] in ("reconfigure_successful", "already_configured")
    await hass.async_block_till_done()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.config_entries.async_entries(DOMAIN) == [entry]
    assert entry.state is ConfigEntryState.LOADED
    after = {item.unique_id for item in er.async_entries_for_config_entry(entities, entry.entry_id)}
    assert before <= after
    assert {key for key in after if not key.startswith(f"{device_id(entry)}_")} == set()
    assert len(dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)) == 1


@pytest.mark.parametrize("serial", ["6001", "15001", None])
async def test_s2_one_entry_through_discovery_reconfigure_and_update(
    hass: HomeAssistant, serial: str | None
) -> None:
    """It gets its serial with its first announcement, whatever its entry had, and keeps all else.

    15001 is the number in its MQTT prefix, which was once taken for the serial.
    """
    async with SmartEvseEmulator("1.8", serial=6001, prefix=15001) as emulator:
        emulator.advance(5)
        data = {CONF_VENDOR: "smartevse", CONF_HOST: emulator.host, CONF_PORT: emulator.port}
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="SmartEVSE",
            unique_id=None if serial is None else f"smartevse_{serial}",
            data=data if serial is None else data | {CONF_SERIAL: serial},
        )
        first = entry.unique_id or entry.entry_id
        await _set_up(hass, entry)
        for firmware in ("1.8", "3.11.1"):
            emulator.firmware = FIRMWARES[firmware]
            await _nothing_is_new(hass, entry, emulator)
            assert (entry.unique_id, entry.data[CONF_SERIAL]) == ("smartevse_6001", "6001")
            assert device_id(entry) == first
            diagnostics = await async_get_config_entry_diagnostics(hass, entry)
            assert [number for number in ("6001", "15001") if number in str(diagnostics)] == []


async def test_s2_serial_that_comes_with_an_update(hass: HomeAssistant) -> None:
    """One that was never announced gets its serial from the answer of newer firmware."""
    async with SmartEvseEmulator(serial=6001, prefix=15001) as emulator:
        entry = entry_for(emulator, serial=False)
        await _set_up(hass, entry)
        assert (entry.unique_id, device_id(entry)) == ("smartevse_6001", entry.entry_id)
        await _nothing_is_new(hass, entry, emulator)


async def test_s2_serial_of_another_entry(hass: HomeAssistant) -> None:
    """A serial that another entry has is not taken away from it."""
    async with SmartEvseEmulator() as emulator:
        entry_for(emulator, "SmartEVSE 2").add_to_hass(hass)
        entry = entry_for(emulator, serial=False)
        await _set_up(hass, entry)
        assert (entry.unique_id, device_id(entry)) == (None, entry.entry_id)


async def test_s2_another_charger_that_is_announced(hass: HomeAssistant) -> None:
    """One with neither of the numbers is another charger, and is offered."""
    async with (
        SmartEvseEmulator("1.8", serial=6001, prefix=15001) as emulator,
        SmartEvseEmulator("1.8", serial=6002, prefix=15002) as other,
    ):
        await _set_up(hass, entry_for(emulator))
        announced = ZeroconfServiceInfo(
            ip_address=ip_address(other.host),
            ip_addresses=[ip_address(other.host)],
            port=other.port,
            hostname="SmartEVSE-6002.local.",
            type="_http._tcp.local.",
            name="SmartEVSE-6002._http._tcp.local.",
            properties={},
        )
        result = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced
        )
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "discovery_confirm")
