"""What is stored of the sessions of a charger, and what becomes of it."""

import csv
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.diagnostics import async_get_config_entry_diagnostics
from custom_components.evse_pilot.sessions.recorder import async_sessions
from custom_components.evse_pilot.sessions.session import ChargingSession, Ending, session_to_dict
from custom_components.evse_pilot.sessions.store import MOST_SESSIONS, pruned
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
from tests.emulators.lektrico import LektricoMeterEmulator
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import Poll, Read, complaints, entry_for
from .group.conftest import group_entry, member
from .lektrico.conftest import entry_for as lektrico_entry

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def session_at(begin: datetime) -> ChargingSession:
    """Return a session of an hour."""
    return ChargingSession(begin=begin, end=begin + timedelta(hours=1), energy_wh=7000.0)


def test_two_years_are_kept() -> None:
    """And no more than a car could be plugged in."""
    sessions = [session_at(NOW - timedelta(days=days)) for days in range(1000, 0, -1)]
    kept = pruned(sessions, NOW)
    assert len(kept) == 731
    assert kept[-1] == sessions[-1]
    many = [session_at(NOW - timedelta(minutes=minutes)) for minutes in range(6000, 0, -1)]
    assert len(pruned(many, NOW)) == MOST_SESSIONS


def stored(hass_storage: dict[str, Any], kind: str, entry: MockConfigEntry, data: Any) -> None:
    """Let a file be there."""
    key = f"evse_pilot.{kind}.{entry.entry_id}"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": data}


@pytest.mark.parametrize("kind", ["session", "sessions"])
@pytest.mark.parametrize(
    "data", [7, [], "x", {"session": 5, "sessions": 5}, {"session": {"begin": 5}, "sessions": {}}]
)
async def test_a_stored_value_of_another_type_is_dropped_with_one_warning(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    data: Any,
) -> None:
    """The charger is set up as if that had not been stored."""
    stored(hass_storage, kind, entry, data)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert len(complaints(caplog)) == 1
    assert await async_sessions(hass, entry) == ()


async def test_one_stored_session_that_makes_no_sense_costs_no_other(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The others are kept, in their order, and those of more than two years are not."""
    now = dt_util.utcnow()
    sessions = [session_at(now - timedelta(days=days)) for days in (2, 30, 900)]
    items: list[Any] = [session_to_dict(session) for session in sessions]
    stored(hass_storage, "sessions", entry, {"sessions": [*items, 5, {}, {"begin": "x"}]})
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await async_sessions(hass, entry) == (sessions[1], sessions[0])
    assert len(complaints(caplog)) == 1
    # Also of a charger that is disabled.
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert await async_sessions(hass, entry) == (sessions[1], sessions[0])


async def test_a_removed_charger_takes_its_sessions_along(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    poll: Poll,
    read: Read,
) -> None:
    """Nothing of it is left in the storage."""
    emulator.plug_in()
    await poll()
    assert read("event.session") != "unknown"
    emulator.unplug()
    await poll()
    await poll()
    assert len(await async_sessions(hass, loaded) or ()) == 1
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert {key for key in hass_storage if ".session" in key} == {
        f"evse_pilot.{kind}.{loaded.entry_id}" for kind in ("session", "sessions")
    }
    assert await hass.config_entries.async_remove(loaded.entry_id)
    assert not [key for key in hass_storage if ".session" in key]


async def test_diagnostics_have_the_session_without_its_card(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll
) -> None:
    """What was counted helps with a bug report; the number of a card opens a charger."""
    emulator.rfid_reader = "EnableAll"
    emulator.swipe()
    emulator.swipe()
    emulator.plug_in()
    await poll()
    diagnostics = await async_get_config_entry_diagnostics(hass, loaded)
    assert diagnostics["sessions"]["ended"] == 0
    assert diagnostics["sessions"]["tracked"]["session"]["begin"]
    event = hass.states.get("event.smartevse_charging_session")
    assert event and event.attributes["card"] == "04A1B2C3D4E5F6"
    assert "04A1B2C3D4E5F6" not in str(diagnostics["sessions"])


# The action


@pytest.fixture
async def three(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry, emulator: SmartEvseEmulator
) -> MockConfigEntry:
    """Return a charger in Amsterdam with a session in each of three months."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    year = dt_util.utcnow().year
    sessions = [
        ChargingSession(
            # One hour after midnight in Amsterdam, before it in UTC
            begin=datetime(year - 1, month, 1, 22 if month < 11 else 23, 30, tzinfo=UTC),
            end=datetime(year - 1, month, 2, 5, tzinfo=UTC),
            ending=Ending.UNPLUGGED,
            energy_wh=1000.0 * month,
            charging_s=3600.0,
            card="=1+1" if month == 9 else None,
            cost=-0.1 if month == 10 else None,
            currency="EUR" if month == 10 else None,
        )
        for month in (9, 10, 11)
    ]
    stored(hass_storage, "sessions", entry, {"sessions": [session_to_dict(each) for each in sessions]})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def list_sessions(hass: HomeAssistant, entity_id: str, **data: Any) -> Any:
    """Return the response of the action."""
    target = {"entity_id": entity_id}
    return await hass.services.async_call(
        DOMAIN, "list_sessions", target | data, blocking=True, return_response=True
    )


@pytest.mark.usefixtures("all_enabled")
async def test_e11_the_last_session_is_shown_and_is_no_meter(
    hass: HomeAssistant, three: MockConfigEntry, poll: Poll, entity_id: Read
) -> None:
    """Its energy, which is a smaller one after each short session, has no statistics; nor have its other values."""
    await poll()
    values = {}
    for key in ("energy", "duration"):
        state = hass.states.get(entity_id(f"sensor.last_session_{key}"))
        assert state
        assert "state_class" not in state.attributes
        values[key] = float(state.state)
    assert values == {"energy": 11.0, "duration": 330.0}


@pytest.mark.usefixtures("all_enabled")
async def test_sessions_on_a_calendar(hass: HomeAssistant, three: MockConfigEntry, entity_id: Read) -> None:
    """With what was received, and its cost where it is known; there is nothing to add, change or delete."""
    calendar = entity_id("calendar.sessions")
    state = hass.states.get(calendar)
    assert state
    assert (state.state, state.attributes.get("supported_features", 0)) == ("off", 0)
    year = dt_util.utcnow().year - 1
    response: Any = await hass.services.async_call(
        "calendar",
        "get_events",
        {
            "entity_id": calendar,
            "start_date_time": f"{year}-10-02T03:00:00+02:00",
            "end_date_time": f"{year}-12-01T00:00:00+01:00",
        },
        blocking=True,
        return_response=True,
    )
    events = response[calendar]["events"]
    assert [event["summary"] for event in events] == ["10.0 kWh · -0.10 EUR", "11.0 kWh"]
    assert events[0]["start"] == f"{year}-10-02T00:30:00+02:00"


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (None, None, [9, 10, 11]),
        ("10-02", None, [10, 11]),
        ("10-03", None, [11]),
        (None, "10-02", [9, 10]),
        (None, "10-01", [9]),
        ("09-02", "09-02", [9]),
        ("09-03", "10-01", []),
    ],
)
async def test_sessions_of_some_days(
    hass: HomeAssistant, three: MockConfigEntry, first: str | None, last: str | None, months: list[int]
) -> None:
    """Both days count, by the clock of the house."""
    year = dt_util.utcnow().year - 1
    days = {"start": first, "end": last}
    data = {name: f"{year}-{day}" for name, day in days.items() if day is not None}
    response = await list_sessions(hass, "sensor.smartevse_status", **data)
    assert [session["energy_kwh"] for session in response["chargers"]["SmartEVSE"]] == months


async def test_csv(hass: HomeAssistant, three: MockConfigEntry) -> None:
    """One text for each charger, which a spreadsheet reads, and in which nothing is a formula."""
    response = await list_sessions(hass, "sensor.smartevse_status", format="CSV")
    table = list(csv.DictReader(response["chargers"]["SmartEVSE"].splitlines()))
    assert [row["energy_kwh"] for row in table] == ["9.0", "10.0", "11.0"]
    assert table[0]["begin"][10:] == "T00:30:00+02:00"
    assert [row["cost"] for row in table] == ["", "-0.1", ""]
    assert (table[0]["card"], table[1]["cost_complete"]) == ("'=1+1", "true")


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"start": "2026-02-02", "end": "2026-02-01"}, "dates_reversed"),
        ({"start": "yesterday"}, "field_invalid"),
        ({"format": "xml"}, "field_not_an_option"),
        ({"entity_id": "light.kitchen"}, "no_charger_targeted"),
    ],
)
async def test_wrong_calls_are_sentences(
    hass: HomeAssistant, three: MockConfigEntry, data: dict[str, Any], key: str
) -> None:
    """Each error names what is wrong."""
    with pytest.raises(ServiceValidationError) as error:
        await list_sessions(hass, **{"entity_id": "sensor.smartevse_status"} | data)
    assert error.value.translation_key == key


async def test_sessions_of_a_group_and_of_a_charger_that_is_away(
    hass: HomeAssistant, three: MockConfigEntry
) -> None:
    """A group stands for its chargers; what is stored of a charger is listed whatever has become of it."""
    group = group_entry(member(three.entry_id, "SmartEVSE"))
    group.add_to_hass(hass)
    assert await hass.config_entries.async_setup(group.entry_id)
    await hass.async_block_till_done()
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, group.entry_id), group.entry_id)
    assert device
    assert await hass.config_entries.async_unload(three.entry_id)
    response: Any = await hass.services.async_call(
        DOMAIN, "list_sessions", {"device_id": device.id}, blocking=True, return_response=True
    )
    assert {name: len(sessions) for name, sessions in response["chargers"].items()} == {"SmartEVSE": 3}
    assert await hass.config_entries.async_unload(group.entry_id)


@pytest.mark.parametrize("action", ["list_sessions", "get_schedule", "set_schedule"])
async def test_two_chargers_of_one_name(hass: HomeAssistant, three: MockConfigEntry, action: str) -> None:
    """An owner may give two chargers the same name: each is in the response, the second one with a number."""
    async with SmartEvseEmulator(serial=77) as second:
        second.advance(5)
        entry = entry_for(second, "Second")
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        hass.config_entries.async_update_entry(entry, title=three.title)
        await hass.async_block_till_done()
        data = {"windows": [{"start": "01:00", "end": "05:00"}]} if action == "set_schedule" else {}
        target = {"entity_id": ["sensor.smartevse_status", "sensor.second_status"]}
        response: Any = await hass.services.async_call(
            DOMAIN, action, target | data, blocking=True, return_response=True
        )
        assert list(response["chargers"]) == ["SmartEVSE", "SmartEVSE (2)"]
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_meter_has_no_sessions(hass: HomeAssistant) -> None:
    """A Lektrico that is no charger is named."""
    async with LektricoMeterEmulator() as meter:
        entry = lektrico_entry(meter)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        [device] = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        with pytest.raises(ServiceValidationError) as error:
            await hass.services.async_call(
                DOMAIN, "list_sessions", {"device_id": device.id}, blocking=True, return_response=True
            )
        assert error.value.translation_key == "not_supported"
        assert await hass.config_entries.async_unload(entry.entry_id)
