"""Set up, listen, lose, find again, remember and unload."""

import asyncio
from datetime import timedelta
import logging
import math
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from tests.emulators.base import Line
from tests.emulators.evnex import EvnexEmulator
from tests.ha.conftest import Call, Read

from .conftest import CHARGERS, Pass, Publish, entry_for


def records_of(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[logging.LogRecord]:
    """Return what was logged, but for the event loop's remarks on a busy machine."""
    return [record for record in caplog.records if record.levelno >= level and record.name != "asyncio"]


async def until(read: Read, name: str, wanted: str) -> None:
    """Wait until an entity has this state."""
    for _ in range(3000):
        if read(name) == wanted:
            return
        await asyncio.sleep(0.002)
    assert read(name) == wanted


def polls(emulator: EvnexEmulator) -> int:
    """Return how often the charger was asked for."""
    return [request.path for request in emulator.calls].count(f"/v1/devices/{emulator.serial}")


async def test_set_up_reads_and_changes_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: EvnexEmulator
) -> None:
    """Setting it up reads, listens on one stream, and changes nothing."""
    assert {request.method for request in emulator.calls} == {"GET"}
    assert len(emulator.subscribers) == 1
    assert emulator.aci.received == []


async def test_a_charger_that_streams_is_not_polled(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: EvnexEmulator, publish: Publish, pass_time: Pass
) -> None:
    """While it streams it is not asked; the poll is due 30 s after the last event, equal to the one before or not."""
    await publish()
    emulator.calls.clear()
    for _ in range(5):
        await publish()
        await pass_time(20)
    assert emulator.calls == []
    await pass_time(31)
    assert polls(emulator) == 1


async def test_unloading_hangs_up(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: EvnexEmulator, pass_time: Pass
) -> None:
    """An unloaded charger is neither streamed nor polled, and keeps its settings."""
    assert await hass.config_entries.async_unload(loaded.entry_id)
    async with asyncio.timeout(5):
        await emulator.deserted()
    emulator.calls.clear()
    await pass_time(3600)
    assert emulator.calls == []
    assert emulator.aci.received == []


@pytest.mark.parametrize("line", [line for line in Line if line is not Line.OK])
async def test_set_up_is_tried_again(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: EvnexEmulator, line: Line
) -> None:
    """A cloud that cannot be reached, or refuses the log-in, when Home Assistant starts is tried again later."""
    emulator.line = line
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key
    emulator.line = Line.OK
    assert await hass.config_entries.async_reload(entry.entry_id)


async def test_a_cut_stream_is_nothing(
    loaded: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    read: Read,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A stream that is cut is followed by one poll and by another stream, and no entity changes."""
    await publish()
    await publish()
    caplog.clear()
    for cuts in range(1, 4):
        before = polls(emulator)
        emulator.cut_streams()
        await emulator.subscribed(cuts + 1)
        assert polls(emulator) == before + 1
        assert read("sensor.status") == "disconnected"
        await publish()
    assert not records_of(caplog, logging.INFO)


async def test_a_dead_stream_of_a_charger_that_is_gone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    read: Read,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When nothing comes any more and the cloud has lost it, it is unavailable, once, and back with its next event."""
    monkeypatch.setattr(f"{CHARGERS}.client.SILENCE_S", 0.2)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await publish()
    caplog.clear()
    emulator.go_offline()
    emulator.deaden_streams()
    await until(read, "sensor.status", STATE_UNAVAILABLE)
    emulator.aci.firmware_version = 8
    await asyncio.sleep(0.5)
    lost = records_of(caplog)
    assert [record.getMessage() for record in lost] == [
        "Error fetching EVNEX data: EVNEX is not connected to its cloud, or sends nothing to it"
    ]
    assert lost[0].exc_info is None

    caplog.clear()
    emulator.come_back()
    emulator.heal_streams()
    subscriptions = emulator.subscriptions
    await emulator.subscribed(subscriptions + 1)
    await publish()
    await until(read, "sensor.status", "disconnected")
    found = [record for record in caplog.records if "EVNEX data recovered" in record.getMessage()]
    assert len(found) == 1
    # It may have been updated while it was away, and is asked.
    for _ in range(3000):
        if entry.runtime_data.coordinator.identity.firmware == "8":
            break
        await asyncio.sleep(0.002)
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert device.sw_version == "8"


async def test_signs_of_life_of_the_cloud_alone(
    loaded: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    read: Read,
    pass_time: Pass,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A charger that is off is noticed by the poll after 30 s, though its cloud keeps the stream open."""
    await publish()
    await publish()
    emulator.go_offline()
    emulator.advance(30)
    caplog.clear()
    await pass_time(31)
    assert read("sensor.status") == STATE_UNAVAILABLE
    assert len(emulator.subscribers) == 1
    # It is not asked for every moment from now on.
    asked = polls(emulator)
    await pass_time(60)
    assert polls(emulator) == asked
    emulator.come_back()
    await publish()
    assert read("sensor.status") == "disconnected"
    assert emulator.subscriptions == 1
    loud = [record.getMessage() for record in records_of(caplog, logging.INFO)]
    assert len(loud) == 2, loud


@pytest.mark.parametrize(
    "line", [line for line in Line if line not in (Line.OK, Line.UNAUTHORIZED, Line.FORBIDDEN)]
)
async def test_lost_once_and_found_once(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    read: Read,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    line: Line,
) -> None:
    """Whatever becomes of the line, it is logged once, and once that it is over; it is no crash."""
    await publish()
    monkeypatch.setattr(f"{CHARGERS}.charger.JUST_NOW_S", 0.0)
    monkeypatch.setattr(f"{CHARGERS}.client.SILENCE_S", 0.2)
    caplog.clear()
    emulator.line = line
    emulator.cut_streams()
    await until(read, "sensor.status", STATE_UNAVAILABLE)
    await asyncio.sleep(0.3)
    lost = records_of(caplog)
    assert len(lost) == 1
    assert lost[0].exc_info is None
    caplog.clear()
    emulator.line = Line.OK
    subscriptions = emulator.subscriptions
    await emulator.subscribed(subscriptions + 1)
    await publish()
    await until(read, "sensor.status", "disconnected")
    found = [record for record in caplog.records if "EVNEX data recovered" in record.getMessage()]
    assert len(found) == 1
    assert not records_of(caplog)


@pytest.mark.parametrize("line", [Line.UNAUTHORIZED, Line.FORBIDDEN])
async def test_e2_a_refusal_is_not_the_end(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    read: Read,
    pass_time: Pass,
    monkeypatch: pytest.MonkeyPatch,
    line: Line,
) -> None:
    """A cloud that refuses a good log-in for a while is asked again, and asks for nothing before a minute is over.

    Then its owner is asked for another log-in, and is not any more when this one is accepted.
    """
    await publish()
    monkeypatch.setattr(f"{CHARGERS}.charger.JUST_NOW_S", 0.0)
    emulator.line = line
    emulator.cut_streams()
    await until(read, "sensor.status", STATE_UNAVAILABLE)
    assert hass.config_entries.flow.async_progress() == []
    emulator.line = Line.OK
    await emulator.subscribed(emulator.subscriptions + 1)
    await publish()
    await until(read, "sensor.status", "disconnected")

    emulator.line = line
    emulator.cut_streams()
    await until(read, "sensor.status", STATE_UNAVAILABLE)
    await pass_time(61)
    for _ in range(1000):
        if hass.config_entries.flow.async_progress():
            break
        await asyncio.sleep(0.01)
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    emulator.line = Line.OK
    await emulator.subscribed(emulator.subscriptions + 1)
    await publish()
    await until(read, "sensor.status", "disconnected")
    assert hass.config_entries.flow.async_progress() == []


@pytest.mark.usefixtures("all_enabled")
async def test_what_is_remembered(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    read: Read,
    call: Call,
    hass_storage: dict[str, Any],
) -> None:
    """Mode and energy outlive a restart, without what was drawn meanwhile; when it is removed, they are gone."""
    await publish()
    await call("select.select_option", "select.mode", option="ocpp")
    emulator.plug_in()
    await publish()
    emulator.advance(3600)
    await publish()
    before = read("sensor.total_energy")
    assert float(before) == pytest.approx(3.68, rel=0.01)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    emulator.advance(3600)
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await hass.async_block_till_done()
    assert (read("select.mode"), read("sensor.total_energy")) == ("ocpp", before)
    await emulator.subscribed(2)
    await publish()
    assert (read("select.mode"), read("sensor.total_energy")) == ("ocpp", before)
    assert read("sensor.session_energy") == before

    key = f"{DOMAIN}.{loaded.entry_id}"
    assert hass_storage[key]["data"]["mode"] == "ocpp"
    assert await hass.config_entries.async_remove(loaded.entry_id)
    assert key not in hass_storage


MEMORY = {
    "mode": "enabled",
    "active_mode": "enabled",
    "total_energy_wh": 1000.0,
    "session_energy_wh": 10.0,
    "plugged_in": True,
}
JUNK: tuple[Any, ...] = (None, "junk", [], {}, -1, 1e308, 10**400, True, math.nan, [[[]]])


VERSIONS: tuple[Any, ...] = (99, 0, None, "1", [])
FILES: list[tuple[Any, Any]] = [
    *((1, junk) for junk in JUNK),
    *((version, MEMORY) for version in VERSIONS),
    *((1, dict.fromkeys(MEMORY, junk)) for junk in JUNK),
]


@pytest.mark.parametrize(("version", "data"), FILES, ids=range(len(FILES)))
async def test_e7_memory_that_makes_no_sense(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: EvnexEmulator,
    read: Read,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    version: Any,
    data: Any,
) -> None:
    """What cannot be read is dropped with one warning at most, and the charger is set up."""
    key = f"{DOMAIN}.{entry.entry_id}"
    hass_storage[key] = {"version": version, "minor_version": 1, "key": key, "data": data}
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert caplog.text.count("cannot be read") <= 1
    assert not [record for record in caplog.records if record.exc_info]
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_it_is_kept_now_and_then(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    pass_time: Pass,
    hass_storage: dict[str, Any],
) -> None:
    """While it charges, its energy is written once a minute, not with each event; and when all ends."""
    key = f"{DOMAIN}.{loaded.entry_id}"
    emulator.plug_in()
    await publish()
    emulator.advance(600)
    await publish()
    assert key not in hass_storage
    await pass_time(61)
    kept_wh = hass_storage[key]["data"]["total_energy_wh"]
    assert kept_wh == pytest.approx(613, abs=10)
    emulator.advance(600)
    await publish()
    assert hass_storage[key]["data"]["total_energy_wh"] == kept_wh
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert hass_storage[key]["data"]["total_energy_wh"] > 2 * kept_wh - 10


async def test_two_chargers_of_an_account(hass: HomeAssistant, read: Read) -> None:
    """Two entries share an account and nothing else."""
    async with EvnexEmulator(chargers=2) as emulator:
        token = emulator.token()
        for number, serial in enumerate(emulator.devices):
            entry = entry_for(emulator, serial, title=f"EVNEX {number}", token=token)
            entry.add_to_hass(hass)
            assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        await emulator.subscribed(2)
        emulator.plug_in()
        emulator.publish()
        await until(lambda name: state_of(hass, name), "sensor.evnex_0_status", "charging")
        await until(lambda name: state_of(hass, name), "sensor.evnex_1_status", "disconnected")
        for loaded in hass.config_entries.async_entries(DOMAIN):
            assert await hass.config_entries.async_unload(loaded.entry_id)


def state_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity."""
    state = hass.states.get(entity_id)
    return state.state if state else ""


async def test_no_secret_in_the_log(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a token nor the charger's id or address is ever logged, not even for debugging."""
    caplog.set_level(logging.DEBUG)
    async with EvnexEmulator() as emulator:
        entry = entry_for(emulator, refresh="refresh-me", lasts=timedelta(days=3))
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        await emulator.subscribed()
        emulator.advance(3)
        emulator.cut_streams()
        await emulator.subscribed(2)
        await entry.runtime_data.owner.async_set_limit(10)
        emulator.line = Line.ERROR
        emulator.cut_streams()
        await asyncio.sleep(0.1)
        await hass.config_entries.async_unload(entry.entry_id)
    text = "\n".join(
        record.getMessage()
        for record in caplog.records
        if "evse_pilot" in record.name or record.levelno >= logging.INFO
    )
    assert "lost the stream" in text
    assert "GET v1/devices/*/events/ACIData: 200, " in text
    assert "POST v1/devices/*/setConfig: 200, " in text
    for secret in (emulator.serial, *emulator.tokens, "refresh-me", "192.0.2.44", "garage"):
        assert secret not in text
