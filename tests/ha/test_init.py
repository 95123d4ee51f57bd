"""Set up, lose, find again and unload."""

import logging

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import CONF_SERIAL, DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.emulators.base import Line
from tests.emulators.smartevse import FIRMWARES, SmartEvseEmulator

from .conftest import LoseAndFind, Poll, Read, complaints, entry_for


async def test_set_up_reads_and_changes_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """Setting a new charger up reads its identity and its state, twice (case E4), and changes nothing on it."""
    assert loaded.state is ConfigEntryState.LOADED
    assert [(request.method, request.path) for request in emulator.calls] == [("GET", "/settings")] * 4
    emulator.calls.clear()
    assert await hass.config_entries.async_reload(loaded.entry_id)
    assert [(request.method, request.path) for request in emulator.calls] == [("GET", "/settings")] * 2


async def test_unloading_leaves_the_charger_as_it_is(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll
) -> None:
    """An unloaded charger keeps its settings and is asked no more."""
    before = emulator.settings()
    assert await hass.config_entries.async_unload(loaded.entry_id)
    asked = len(emulator.calls)
    await poll()
    assert len(emulator.calls) == asked
    assert not [request for request in emulator.calls if request.method == "POST"]
    assert emulator.settings()["settings"] == before["settings"]


async def test_device(hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator) -> None:
    """The device has its model, its own page, and its firmware."""
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    assert device.identifiers == {(DOMAIN, "smartevse_12345")}
    assert (device.name, device.manufacturer, device.model) == ("SmartEVSE", "SmartEVSE", "SmartEVSE v3")
    assert (device.serial_number, device.sw_version) == ("12345", "v3.11.1")
    assert device.configuration_url == f"http://127.0.0.1:{emulator.port}"


async def test_firmware_update(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, read: Read
) -> None:
    """A box that comes back with another firmware shows it, and what that firmware brings."""
    emulator.reboot()
    emulator.firmware = FIRMWARES["3.7.4"]
    for _ in range(3):
        await poll()
    assert read("sensor.status") == STATE_UNAVAILABLE
    emulator.advance(20)
    await poll()
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    assert device.sw_version == "v3.7.4"
    state = hass.states.get("select.smartevse_mode")
    assert state
    assert "pause" not in state.attributes["options"]

    emulator.lost_keys = {"version"}
    emulator.reboot()
    for _ in range(3):
        await poll()
    emulator.advance(20)
    await poll()
    assert read("sensor.status") == "disconnected"
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    assert device.sw_version == "v3.7.4"


async def test_mac_of_a_wired_box(hass: HomeAssistant) -> None:
    """A box on a cable reports its MAC address, by which DHCP finds it again."""
    async with SmartEvseEmulator(wifi=False) as emulator:
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        [device] = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        assert device.connections == {(dr.CONNECTION_NETWORK_MAC, "02:00:00:00:00:01")}
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("line", [line for line in Line if line is not Line.OK])
async def test_set_up_is_tried_again(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator, line: Line
) -> None:
    """A charger that cannot be reached when Home Assistant starts is tried again later, with a reason in words."""
    emulator.line = line
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key in ("unreachable", "busy", "unexpected_answer")
    emulator.line = Line.OK
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("line", [line for line in Line if line is not Line.OK])
async def test_lost_once_and_found_once(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, lose_and_find: LoseAndFind, line: Line
) -> None:
    """A line that breaks makes the charger unavailable once, with one line in the log; its return makes another."""
    await lose_and_find(emulator, line)


async def test_no_secret_in_the_log(
    hass: HomeAssistant, poll: Poll, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither serial nor Wi-Fi name, broker, OCPP key or card is ever logged, not even for debugging."""
    caplog.set_level(logging.DEBUG)
    async with SmartEvseEmulator(
        serial=98765, rfid_reader="EnableAll", modem_build=True, ocpp_auth_key="hunter2-hunter2"
    ) as emulator:
        emulator.car_soc = 40
        emulator.plug_in()
        emulator.swipe("04A1B2C3D4E5F6")
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        await entry.runtime_data.target.authorize("04A1B2C3D4E5F6")
        await poll()
        await entry.runtime_data.owner.async_set_limit(10)
        emulator.override_a = 12
        await poll()
        emulator.line = Line.SILENT
        await poll()
        emulator.line = Line.OK
        await poll()
        await hass.config_entries.async_unload(entry.entry_id)
    ours = [record for record in caplog.records if "evse_pilot" in record.name]
    assert ours
    # Home Assistant's own debug lines show unique ids and states; what it logs of itself is not ours to hide.
    text = "\n".join(
        record.getMessage()
        for record in caplog.records
        if "evse_pilot" in record.name or record.levelno >= logging.INFO
    )
    assert "GET /settings: 200, " in text
    assert "POST /settings: 200, " in text
    # Each command with its claim, and each foreign change.
    assert "SmartEVSE: send 10 A, mode normal, phases 3 for owner (persons_limit)" in text
    assert "SmartEVSE: foreign change of the current to 12 A" in text
    for secret in ("98765", "emulated_wifi", "00:11:22:33:44:55", "192.0.2.10", "hunter2"):
        assert secret not in text
    for secret in ("04A1B2C3D4E5F6", "charge-box-7", "ocpp.example", "0A0B0C0D0E0F"):
        assert secret not in text


async def test_one_poll_is_one_request(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll
) -> None:
    """A poll costs the charger one request on one connection."""
    emulator.calls.clear()
    await poll()
    await poll()
    assert [(request.method, request.path) for request in emulator.calls] == [("GET", "/settings")] * 2
    assert emulator.most_connections == 1


async def test_an_unchanged_answer_writes_no_state(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll
) -> None:
    """While nothing changes, nothing is written, not even that nothing has changed."""
    written: list[str] = []

    @callback
    def note(event: Event) -> None:
        written.append(event.data["entity_id"])

    hass.bus.async_listen("state_changed", note)
    hass.bus.async_listen("state_reported", note, event_filter=callback(lambda _: True))
    asked = len(emulator.calls)
    for _ in range(3):
        await poll()
    assert len(emulator.calls) == asked + 3
    assert written == []
    emulator.plug_in()
    await poll()
    assert "sensor.smartevse_status" in written


async def test_another_box_at_the_address(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, read: Read
) -> None:
    """After a mix-up of addresses the neighbour's box is neither shown nor steered."""
    emulator.serial = 54321
    await poll()
    assert read("sensor.status") == STATE_UNAVAILABLE
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.smartevse_allow_charging"}, blocking=True
    )
    assert not [request for request in emulator.calls if request.method == "POST"]


async def test_entities_come_when_called_for(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, read: Read
) -> None:
    """A meter's register appears when two readings had it, an energy with its third; when it is gone it is unknown and does not vanish."""
    emulator.ev_meter = "Disabled"
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.get("sensor.smartevse_total_energy") is None
    emulator.ev_meter = "Eastron3P"
    for _ in range(2):
        await poll()
        assert hass.states.get("sensor.smartevse_total_energy") is None
    await poll()
    assert read("sensor.total_energy") == "5670.123"
    emulator.ev_meter = "Disabled"
    await poll()
    assert read("sensor.total_energy") == STATE_UNKNOWN
    assert read("sensor.power") == STATE_UNKNOWN


@pytest.mark.parametrize(
    "key",
    ["wifi", "evse", "settings", "ev_meter", "mains_meter", "phase_currents", "mqtt", "color", "backlight"],
)
async def test_a_block_that_is_lost(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    poll: Poll,
    caplog: pytest.LogCaptureFixture,
    key: str,
) -> None:
    """A block that a firmware's small buffer drops leaves its entities unknown and all others as they are."""
    caplog.clear()
    emulator.lost_keys = {key}
    await poll()
    assert not [state for state in hass.states.async_all() if state.state == STATE_UNAVAILABLE]
    assert complaints(caplog) == []


@pytest.mark.parametrize(
    ("firmware", "kept"), [("2022", "entry_id"), ("1.4", "entry_id"), ("1.8", "smartevse_12345")]
)
async def test_firmware_without_a_serial(hass: HomeAssistant, firmware: str, kept: str) -> None:
    """A box that reports no serial is set up all the same; its entities are known by its entry."""
    async with SmartEvseEmulator(firmware) as emulator:
        entry = entry_for(emulator, serial=kept != "entry_id")
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        unique_ids = {
            item.unique_id for item in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        }
        device_id = entry.entry_id if kept == "entry_id" else kept
        assert f"{device_id}_status" in unique_ids
        assert all(unique_id.startswith(f"{device_id}_") for unique_id in unique_ids)
        assert entry.data.get(CONF_SERIAL) == (None if kept == "entry_id" else "12345")
        assert await hass.config_entries.async_unload(entry.entry_id)
