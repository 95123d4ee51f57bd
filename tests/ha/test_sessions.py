"""What is stored of the sessions of a charger, and what becomes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.sessions.recorder import async_sessions
from custom_components.evse_pilot.sessions.session import ChargingSession, session_to_dict
from custom_components.evse_pilot.sessions.store import MOST_SESSIONS, pruned
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import Poll, Read, complaints

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
    assert len(await async_sessions(hass, loaded)) == 1
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert {key for key in hass_storage if ".session" in key} == {
        f"evse_pilot.{kind}.{loaded.entry_id}" for kind in ("session", "sessions")
    }
    assert await hass.config_entries.async_remove(loaded.entry_id)
    assert not [key for key in hass_storage if ".session" in key]
