"""A SmartEVSE whose firmware reports no serial number: one and the same entry throughout."""

from ipaddress import ip_address
import re

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import CONF_SERIAL, CONF_VENDOR, DOMAIN
from custom_components.evse_pilot.diagnostics import async_get_config_entry_diagnostics
from custom_components.evse_pilot.runtime.adoption import device_id
from homeassistant.config_entries import SOURCE_USER, SOURCE_ZEROCONF, ConfigEntryState, ConfigFlowResult
from homeassistant.const import CONF_ALIAS, CONF_HOST, CONF_PORT
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


async def _announce(
    hass: HomeAssistant, emulator: SmartEvseEmulator, name: str | None = None
) -> ConfigFlowResult:
    name = name or emulator.host_name
    announced = ZeroconfServiceInfo(
        ip_address=ip_address(emulator.host),
        ip_addresses=[ip_address(emulator.host)],
        port=emulator.port,
        hostname=f"{name}.local.",
        type="_http._tcp.local.",
        name=f"{name}._http._tcp.local.",
        properties={},
    )
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced
    )


async def _reconfigure(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator
) -> ConfigFlowResult:
    result = await entry.start_reconfigure_flow(hass)
    return await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_HOST: f"{emulator.host}:{emulator.port}"}
    )


async def _add(hass: HomeAssistant, emulator: SmartEvseEmulator) -> ConfigFlowResult:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "smartevse"})
    return await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_HOST: f"{emulator.host}:{emulator.port}"}
    )


async def _nothing_is_new(hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator) -> None:
    """Announce it, give its address again, and set it up anew: it stays the only entry, with one device."""
    entities = er.async_get(hass)
    before = {item.unique_id for item in er.async_entries_for_config_entry(entities, entry.entry_id)}
    result = await _announce(hass, emulator)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    result = await _reconfigure(hass, entry, emulator)
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
            # Not as a part of another number, such as that of a port or a moment.
            assert re.findall(r"(?<![\d.])(?:6001|15001)(?!\d)", str(diagnostics)) == []


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
        result = await _announce(hass, other)
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "discovery_confirm")


def _entry(emulator: SmartEvseEmulator, serial: str | None) -> MockConfigEntry:
    """Return the entry of a box of old firmware, with what was taken for its serial."""
    data = {CONF_VENDOR: "smartevse", CONF_HOST: emulator.host, CONF_PORT: emulator.port}
    return MockConfigEntry(
        domain=DOMAIN,
        title="SmartEVSE",
        unique_id=None if serial is None else f"smartevse_{serial}",
        data=data if serial is None else data | {CONF_SERIAL: serial},
    )


@pytest.mark.parametrize("firmware", ["1.8", "3.11.1"])
@pytest.mark.parametrize("way", ["announced", "renamed", "reconfigured", "added"])
@pytest.mark.parametrize("serial", ["6001", "15001", None])
async def test_s2_one_entry_at_another_address(
    hass: HomeAssistant, serial: str | None, way: str, firmware: str
) -> None:
    """A box that was never announced, and then moves, is known by the number in its MQTT prefix; or gets an update too."""
    async with SmartEvseEmulator("1.8", serial=6001, prefix=15001) as old:
        old.advance(5)
        entry = _entry(old, serial)
        first = entry.unique_id or entry.entry_id
        await _set_up(hass, entry)
        diagnostics = await async_get_config_entry_diagnostics(hass, entry)
        assert [number for number in ("6001", "15001") if number in str(diagnostics)] == []
    async with SmartEvseEmulator(firmware, serial=6001, prefix=15001) as emulator:
        emulator.advance(5)
        if way == "announced":
            result = await _announce(hass, emulator)
        elif way == "renamed":
            result = await _announce(hass, emulator, "SmartEVSE-garage")
        elif way == "reconfigured":
            result = await _reconfigure(hass, entry, emulator)
        else:
            result = await _add(hass, emulator)
        expected = "reconfigure_successful" if way == "reconfigured" else "already_configured"
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, expected)
        assert entry.data[CONF_PORT] == emulator.port
        await hass.async_block_till_done()
        for later in (firmware, "3.11.1"):
            emulator.firmware = FIRMWARES[later]
            await _nothing_is_new(hass, entry, emulator)
        assert (entry.unique_id, entry.data[CONF_SERIAL]) == ("smartevse_6001", "6001")
        assert device_id(entry) == first


@pytest.mark.parametrize("way", ["announced", "added"])
@pytest.mark.parametrize("serial", ["15001", None])
async def test_s2_the_same_alias_elsewhere_while_it_is_there(
    hass: HomeAssistant, serial: str | None, way: str
) -> None:
    """What has the same number in its MQTT prefix does not get the entry of a box that still answers."""
    async with (
        SmartEvseEmulator("1.8", serial=6001, prefix=15001) as emulator,
        SmartEvseEmulator("1.8", serial=6001, prefix=15001) as stranger,
    ):
        entry = _entry(emulator, serial)
        await _set_up(hass, entry)
        before = dict(entry.data)
        result = await (_announce if way == "announced" else _add)(hass, stranger)
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
        assert dict(entry.data) == before


@pytest.mark.parametrize("serial", ["15001", None])
async def test_s2_an_alias_with_the_serial_of_another_entry(hass: HomeAssistant, serial: str | None) -> None:
    """A box whose serial has an entry is that one's, whatever its MQTT prefix."""
    async with SmartEvseEmulator("1.8", serial=6001, prefix=15001) as old:
        entry = _entry(old, serial)
        await _set_up(hass, entry)
        before = dict(entry.data)
    async with SmartEvseEmulator(serial=6002, prefix=15001) as other:
        known = _entry(other, "6002")
        await _set_up(hass, known)
        for step in (_announce(hass, other), _add(hass, other), _reconfigure(hass, entry, other)):
            result = await step
            assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
        assert (entry.unique_id, dict(entry.data)) == (serial and "smartevse_15001", before)
        assert known.unique_id == "smartevse_6002"


@pytest.mark.parametrize("firmware", ["1.8", "3.11.1"])
async def test_s2_a_serial_that_is_the_alias_of_another_box(hass: HomeAssistant, firmware: str) -> None:
    """A number that the box of an entry has as its true serial is no alias: the other box is one of its own."""
    async with SmartEvseEmulator(firmware, serial=15001, prefix=15999) as old:
        old.advance(5)
        entry = _entry(old, "15001")
        await _set_up(hass, entry)
        before = dict(entry.data)
        assert before.get(CONF_ALIAS) == ("15999" if firmware == "1.8" else None)
    async with SmartEvseEmulator(serial=6001, prefix=15001) as other:
        result = await _reconfigure(hass, entry, other)
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "another_charger")
        result = await _announce(hass, other)
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "discovery_confirm")
        result = await _add(hass, other)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        assert (entry.unique_id, dict(entry.data)) == ("smartevse_15001", before)


async def test_s2_two_boxes_with_one_prefix(hass: HomeAssistant) -> None:
    """The prefix is the owner's to set: two serials are two boxes."""
    async with SmartEvseEmulator("1.8", serial=6001, prefix=15001) as old:
        entry = _entry(old, "6001")
        await _set_up(hass, entry)
    async with SmartEvseEmulator("1.8", serial=6002, prefix=15001) as other:
        result = await _announce(hass, other)
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "discovery_confirm")


async def test_s2_discovered_before_its_entry_got_the_serial(hass: HomeAssistant) -> None:
    """A card that was there before an entry got the serial adds no second entry."""
    async with SmartEvseEmulator("3.11.1", serial=6001, prefix=15001) as emulator:
        result = await _announce(hass, emulator)
        assert result["step_id"] == "discovery_confirm"
        entry = _entry(emulator, "15001")
        await _set_up(hass, entry)
        assert entry.unique_id == "smartevse_6001"
        result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
        assert hass.config_entries.async_entries(DOMAIN) == [entry]
