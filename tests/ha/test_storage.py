"""What was stored, in every way in which it can be wrong: nothing fails, and what makes sense is kept. Case E7."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
import json
import math
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.balancing.peaks.settings import (
    CONF_PEAK_FOLLOWS,
    CONF_PEAK_TARGET,
    CONF_PEAK_WINDOW,
    PeakLength,
)
from custom_components.evse_pilot.balancing.peaks.store import stored_peaks
from custom_components.evse_pilot.balancing.store import stored_group
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.store import stored_control
from custom_components.evse_pilot.planning.record import stored_plan
from custom_components.evse_pilot.runtime.storage import Stored
from custom_components.evse_pilot.scheduling.record import stored_schedule
from custom_components.evse_pilot.sessions.session import ChargingSession, Ending, session_to_dict
from custom_components.evse_pilot.sessions.store import stored_sessions
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import complaints
from .group.conftest import group_entry, member

GONE = object()
JUNK: tuple[Any, ...] = (
    GONE,
    None,
    "",
    "junk",
    [],
    {},
    -1,
    0,
    2,
    6,
    1e308,
    10**400,
    True,
    math.nan,
    math.inf,
    "6",
    "switch.x",
    "mon",
    "2026-11-26T00:00:00",
    "2026-11-26T00:00:00+00:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    ["2026-11-26T00:00:00", None],
    [None, None],
    [1, 2, 3],
    [[[[]]]],
    {"a": {"a": {"a": 1}}},
)
NOON = "2099-11-26T12:00:00+00:00"
WINDOW = {"days": ["mon"], "start": "01:00", "end": "05:00", "current": 10.0, "phases": 1, "energy": 5.0}
CLAIM = {
    "source": "timed",
    "reason": "timed_limit",
    "max_current_a": 10.0,
    "pause": False,
    "mode": None,
    "phases": None,
    "until": NOON,
    "ends_at_edge": False,
    "detail": None,
}
FILES: dict[str, dict[str, Any]] = {
    "control": {
        "claims": {
            "timed": CLAIM,
            "owner": CLAIM | {"source": "owner", "reason": "persons_limit", "until": None},
        },
        "baseline": {"current_a": 16.0, "paused": False, "mode": "normal", "phases": None},
        "sent": {"current": True, "mode": False, "phases": False, "confirmed_a": 10.0, "limit_a": 10.0},
        "plugged_in": True,
        "stored_at": "2026-11-26T12:00:00+00:00",
        "writes": 3,
        "day": "2026-11-26",
    },
    "schedule": {
        "schedule": {
            "windows": [
                WINDOW | {"except": ["2099-11-30", "2099-12-07"]},
                {"date": "2099-12-24", "start": "01:00", "end": "05:00", "current": 10.0, "title": "Zoe"},
            ],
            "outside": "paused",
            "enabled": True,
        },
        "executed_by": "home_assistant",
        "follow": None,
        "follow_id": None,
        "once": [NOON, None],
        "permit": {"current": 0.0},
        "until": "2026-11-26T12:00:00+00:00",
        "spent_wh": 100.0,
        "spent_since": "2026-11-23T01:00:00+01:00",
        "counter_wh": 100.0,
        "sent_utc_offset_s": 3600.0,
        "is_handed_over": False,
    },
    "group": {
        "members": {
            "id_Garage": {
                "charger": "abc",
                "limit_a": 10.0,
                "sun": {"mode": "sun_only", "auto_phases": True},
            },
            "gone": {"charger": "x", "limit_a": None, "sun": {"mode": "fast", "auto_phases": False}},
        },
        "ceiling": {"phase_a": 10.0, "sum_a": None, "cars_only": False, "until": NOON},
        "battery_held": "switch.hold",
    },
    "plan": {
        "goal": {
            "since": "2026-11-26T12:00:00+00:00",
            "energy_wh": 11000.0,
            "soc_percent": 80.0,
            "battery_wh": 60000.0,
            "soc_entity": "sensor.car",
            "ready_by": "07:00",
            "days": ["mon", "fri"],
            "ready_at": None,
            "at_once_wh": 2000.0,
            "at_most_wh": None,
            "ceiling": 0.3,
            "one_piece": True,
            "prices": ["sensor.prices"],
        },
        "is_on": True,
        "ready_by": "06:30",
        "energy_wh": 9000.0,
        "plan": {
            "slots": [["2026-11-27T01:00:00+00:00", "2026-11-27T02:00:00+00:00"]],
            "energy_wh": 11000.0,
            "sun_wh": 1500.0,
            "cost": -0.1,
            "feasible": True,
            "why": "cheapest",
        },
        "deadline": "2026-11-27T06:00:00+00:00",
        "session": "2026-11-26T11:00:00+00:00",
        "before_wh": 500.0,
        "soc": [40.0, 500.0],
        "starts": 2,
        "is_reached": False,
        "charges": True,
        "prices": [["2026-11-27T01:00:00+00:00", "2026-11-27T02:00:00+00:00", 0.2]],
        "unit": "EUR",
        "sources": ["sensor.prices"],
        "sun": {
            "least_w": 1380.0,
            "powers": [["2026-11-27T09:00:00+00:00", "2026-11-27T10:00:00+00:00", 2000.0]],
        },
    },
    "peaks": {
        "window": {
            "start_s": 1795694400.0,
            "length_s": 900.0,
            "drawn_ws": 1000000,
            "unknown_s": 12.5,
            "at_s": 1795694700.0,
            "power_w": 3000,
        },
        "month": {
            "first": "2026-11-01",
            "of_days": [{"start": "2026-11-25T09:15:00-08:00", "mean_w": 4200.0}],
            "highest": [
                {"start": "2026-11-25T09:15:00-08:00", "mean_w": 4200.0},
                {"start": "2026-11-25T09:30:00-08:00", "mean_w": 4100.0},
            ],
        },
    },
    "sessions": {
        "sessions": [
            session_to_dict(
                ChargingSession(
                    begin=datetime(2026, 11, 25, 8, tzinfo=UTC),
                    end=datetime(2026, 11, 25, 12, tzinfo=UTC),
                    ending=Ending.UNPLUGGED,
                    energy_wh=9000.0,
                    sun_wh=100.0,
                    charging_s=7000.0,
                    peak_w=7000.0,
                    phases=3,
                    card="04AB",
                    cost=2.5,
                    currency="EUR",
                    unpriced_wh=3.0,
                )
            )
        ]
    },
}
STORES: dict[str, Any] = {
    "control": stored_control,
    "schedule": stored_schedule,
    "group": stored_group,
    "plan": stored_plan,
    "peaks": stored_peaks,
    "sessions": stored_sessions,
}
VERSIONS = {"control": 1, "schedule": 3, "group": 2, "plan": 1, "peaks": 1, "sessions": 1}
# A plan without its goal is off.
GO_WITH = {("plan", "goal"): {"is_on"}}


def paths(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where each value is."""
    keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield (*above, key)
        yield from paths(node[key], (*above, key))


def changed(file: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return a file with another value in one place."""
    file = deepcopy(file)
    node: Any = file
    for key in path[:-1]:
        node = node[key]
    if value is GONE:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return file


def in_storage(key: str, version: Any, data: Any) -> dict[str, Any]:
    """Return an entry of Home Assistant's storage."""
    return {key: {"version": version, "minor_version": 1, "key": key, "data": data}}


@pytest.mark.parametrize("kind", FILES)
async def test_e7_every_value_wrong_one_at_a_time(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """Nothing is raised, at most one warning is logged, all other parts are kept, and what is read can be stored."""
    good, key = FILES[kind], f"{DOMAIN}.{kind}.abc"
    cases = [((), None), *((path, value) for path in paths(good) for value in JUNK)]
    for path, value in cases:
        caplog.clear()
        hass_storage |= in_storage(key, VERSIONS[kind], changed(good, path, value) if path else good)
        stored: Stored[Any] = STORES[kind](hass, "abc")
        record = await stored.async_load()
        assert len(complaints(caplog)) <= 1, (path, value)
        await stored.async_save(record)
        kept = json.loads(json.dumps(hass_storage[key]["data"], allow_nan=False))
        for part in good.keys() - {*path[:1]} - GO_WITH.get((kind, *path[:1]), set()):
            assert kept[part] == good[part], (path, value)
        assert await STORES[kind](hass, "abc").async_load() == record, (path, value)
        assert len(complaints(caplog)) <= 1, (path, value)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("version", [99, 0, -1, None, "1", [], 1.5])
@pytest.mark.parametrize("data", [None, [], "junk", 7, True])
async def test_e7_a_file_that_is_none(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    kind: str,
    version: Any,
    data: Any,
) -> None:
    """A file of another version, or another type, is dropped with one warning, however often it is read."""
    key = f"{DOMAIN}.{kind}.abc"
    for file in (in_storage(key, version, FILES[kind]), in_storage(key, VERSIONS[kind], data)):
        hass_storage |= file
        for _ in range(2):
            await STORES[kind](hass, "abc").async_load()
    assert len(complaints(caplog)) <= 1


@pytest.mark.parametrize("shift", range(0, len(JUNK), 3))
async def test_e7_set_up_works_whatever_is_stored(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    shift: int,
) -> None:
    """With every part of every file wrong, differently, a charger and its group are set up, polled and unloaded."""
    emulator.plug_in()
    emulator.mains_meter = "Disabled"
    peaks: dict[str, Any] = {
        CONF_PEAK_WINDOW: PeakLength.QUARTER.value,
        CONF_PEAK_TARGET: 5.0,
        CONF_PEAK_FOLLOWS: False,
    }
    group = group_entry(member(entry.entry_id, "Garage"), **peaks)
    group.add_to_hass(hass)
    for kind, entry_id in (
        ("control", entry.entry_id),
        ("schedule", entry.entry_id),
        ("plan", entry.entry_id),
        ("sessions", entry.entry_id),
        ("group", group.entry_id),
        ("peaks", group.entry_id),
    ):
        bad = FILES[kind]
        for index, part in enumerate(FILES[kind]):
            bad = changed(bad, (part,), JUNK[(shift + index) % len(JUNK)])
        hass_storage |= in_storage(f"{DOMAIN}.{kind}.{entry_id}", VERSIONS[kind], bad)
    hass_storage |= in_storage(f"{DOMAIN}.{entry.entry_id}", 1, JUNK[shift] if shift else [])
    for loaded in (entry, group):
        if loaded.state is ConfigEntryState.NOT_LOADED:
            assert await hass.config_entries.async_setup(loaded.entry_id)
        await hass.async_block_till_done()
        assert loaded.state is ConfigEntryState.LOADED
    for _ in range(2):
        for phase in (1, 2, 3):
            hass.states.async_set(f"sensor.mains_l{phase}", "5.0", {"unit_of_measurement": "A"})
        await entry.runtime_data.coordinator.async_refresh()
        async_fire_time_changed(hass, dt_util.utcnow())
        await hass.async_block_till_done()
    for loaded in (group, entry):
        assert await hass.config_entries.async_unload(loaded.entry_id)
    assert not [record for record in caplog.records if record.exc_info]
    # One for each file, and one for the memory of the charger.
    assert caplog.text.count("cannot be read") <= len(FILES) + 1


async def test_f19_a_later_save_puts_off_no_earlier_one(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """What is to be stored in a second is, however often it is stored in a minute meanwhile; and it is the newest."""
    stored = Stored[int](
        hass, "number", version=1, read=lambda parts: parts.data["n"], write=lambda n: {"n": n}
    )
    stored.async_delay_save(lambda: 1, 1)
    stored.async_delay_save(lambda: 2, 60)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=2))
    await hass.async_block_till_done()
    assert hass_storage["number"]["data"] == {"n": 2}
    stored.async_delay_save(lambda: 3, 60)
    stored.async_delay_save(lambda: 4, 1)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=4))
    await hass.async_block_till_done()
    assert hass_storage["number"]["data"] == {"n": 4}
    stored.async_delay_save(lambda: 5, 60)
    await stored.async_save(6)
    stored.async_delay_save(lambda: 7, 60)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=70))
    await hass.async_block_till_done()
    assert hass_storage["number"]["data"] == {"n": 7}
