"""Set up, lose, find again, log in again and unload."""

import logging

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME, STATE_UNAVAILABLE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator
from tests.ha.conftest import Age, LoseAndFind, Poll, Read

from .conftest import Clock, entry_for

LOUD = logging.WARNING
NO_LOG_IN = (Line.UNAUTHORIZED, Line.FORBIDDEN)


async def test_set_up_only_reads(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator
) -> None:
    """Setting up a new box asks each thing twice (case E4), an old one once, and changes nothing."""
    assert loaded.state is ConfigEntryState.LOADED
    assert emulator.commands() == []
    assert len(emulator.reads()) == 2 * len(set(emulator.reads())) == 24
    emulator.calls.clear()
    assert await hass.config_entries.async_reload(loaded.entry_id)
    assert emulator.commands() == []
    assert len(emulator.reads()) == len(set(emulator.reads())) == 12


@pytest.mark.parametrize(
    ("model", "name"), [("1p7k", "1P7K"), ("3p22k", "3P22K"), ("em", "EM"), ("3em", "3EM")]
)
async def test_device(hass: HomeAssistant, model: str, name: str) -> None:
    """The device has its model, its own page and its firmware."""
    async with LektricoEmulator(model, "2.0") as emulator:
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        [device] = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        assert device.identifiers == {(DOMAIN, f"lektrico_{emulator.serial}")}
        assert (device.name, device.manufacturer, device.model) == ("Lektrico", "Lektrico", name)
        assert (device.serial_number, device.sw_version) == (str(emulator.serial), "2.0")
        assert device.configuration_url == f"http://127.0.0.1:{emulator.port}"
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("line", [line for line in Line if line not in (Line.OK, *NO_LOG_IN)])
async def test_lost_once_and_found_once(
    loaded: MockConfigEntry, emulator: LektricoEmulator, lose_and_find: LoseAndFind, line: Line
) -> None:
    """A line that breaks makes the charger unavailable once, with one line in the log; its return makes another."""
    await lose_and_find(emulator, line)


@pytest.mark.usefixtures("all_enabled")
async def test_firmware_update(
    hass: HomeAssistant, emulator: LektricoEmulator, entry: MockConfigEntry, poll: Poll, read: Read
) -> None:
    """A charger that comes back with newer firmware shows it, and what that firmware brings."""
    emulator.firmware = "1.47"
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.get("select.lektrico_phases_to_use") is None
    emulator.reboot()
    emulator.firmware = "2.0"
    for status in ("disconnected", "disconnected", STATE_UNAVAILABLE):
        await poll()
        assert read("sensor.status") == status
    emulator.advance(20)
    await poll()
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert device.sw_version == "2.0"
    await poll()
    assert read("select.phase_mode") == "three"


async def test_nothing_is_written_while_nothing_happens(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, clock: Clock, poll: Poll
) -> None:
    """Values that change all the time on the wire write no states, and a poll is one request, now and then two."""
    written: list[str] = []

    @callback
    def note(event: Event) -> None:
        written.append(event.data["entity_id"])

    # The energies are known from the second reading on, and shown from the third.
    await poll()
    hass.bus.async_listen("state_changed", note)
    hass.bus.async_listen("state_reported", note, event_filter=callback(lambda _: True))
    asked = len(emulator.calls)
    for heat in (23.6, 24.4, 23.9):
        emulator.board_c = heat
        await poll()
    assert len(emulator.calls) == asked + 3
    for _ in range(60):
        clock.now_s += 10
        emulator.advance(10)
        await poll()
    assert len(emulator.calls) <= asked + 3 + 120
    assert written == []
    emulator.plug_in()
    await poll()
    assert "sensor.lektrico_status" in written


async def test_another_box_at_the_address(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll, read: Read
) -> None:
    """After a mix-up of addresses, which begins with a line that breaks, the neighbour's box is not steered."""
    emulator.line = Line.REFUSED
    await poll()
    emulator.device_id, emulator.line = "3p22k_500999", Line.OK
    await poll()
    assert read("sensor.status") == STATE_UNAVAILABLE
    await hass.services.async_call("switch", "turn_on", {"entity_id": "switch.lektrico_lock"}, blocking=True)
    assert emulator.commands() == []


@pytest.mark.parametrize("empty", [True, False], ids=["empty", "401"])
async def test_log_in_again(
    hass: HomeAssistant, age: Age, poll: Poll, read: Read, caplog: pytest.LogCaptureFixture, empty: bool
) -> None:
    """A password that was changed is asked for again, once, and then all goes on.

    One or two refusals are lost polls like any other; the log-in is asked for after a minute of them (case E2).
    """
    async with LektricoEmulator(username="me", password="old", empty_for_401=empty) as emulator:
        entry = entry_for(emulator, **{CONF_USERNAME: "me", CONF_PASSWORD: "old"})
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert read("sensor.status") == "disconnected"
        emulator.password = "n3w-s3cr3t"
        for count, status in enumerate(("disconnected", "disconnected", *[STATE_UNAVAILABLE] * 8)):
            assert count > 6 or hass.config_entries.flow.async_progress() == []
            age(10)
            await poll()
            assert read("sensor.status") == status
        [flow] = hass.config_entries.flow.async_progress()
        assert (flow["context"]["source"], flow["step_id"]) == (SOURCE_REAUTH, "reauth_confirm")
        result = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {CONF_USERNAME: "me", CONF_PASSWORD: "n3w-s3cr3t"}
        )
        assert result["reason"] == "reauth_successful"
        await hass.async_block_till_done()
        assert read("sensor.status") == "disconnected"
        assert entry.data[CONF_PASSWORD] == "n3w-s3cr3t"
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert "s3cr3t" not in caplog.text
    assert not [record for record in caplog.records if record.exc_info and record.levelno >= LOUD]


@pytest.mark.usefixtures("impatient")
async def test_no_secret_in_the_log(
    hass: HomeAssistant, poll: Poll, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither serial nor log-in, Wi-Fi name, owner or place is ever logged, not even for debugging."""
    caplog.set_level(logging.DEBUG)
    async with LektricoEmulator(username="owner", password="hush-hush") as emulator:
        emulator.keys["owner_id"].value = "owner-4815162"
        emulator.keys["latitude"].value = 52.37281
        entry = entry_for(emulator, **{CONF_USERNAME: "owner", CONF_PASSWORD: "hush-hush"})
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        await entry.runtime_data.target.set_limit(10)
        for line in (Line.SILENT, Line.GARBAGE, Line.OK):
            emulator.line = line
            await poll()
        assert await hass.config_entries.async_unload(entry.entry_id)
    ours = [record.getMessage() for record in caplog.records if "evse_pilot" in record.name]
    assert any(line.startswith("POST /rpc: 200, ") for line in ours)
    for secret in ("500006", "hush-hush", "4815162", "52.3728", "emulated_wifi", "00:11:22", "192.0.2.44"):
        assert not [line for line in ours if secret in line], secret


async def test_unload(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll
) -> None:
    """An unloaded charger keeps its settings and is asked no more."""
    assert await hass.config_entries.async_unload(loaded.entry_id)
    asked = len(emulator.calls)
    await poll()
    assert len(emulator.calls) == asked
    assert emulator.commands() == []
