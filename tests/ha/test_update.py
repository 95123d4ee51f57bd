"""An update from the version before the controller: what its owner had set ends with the right current."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from tests.control import old_files
from tests.emulators.smartevse import NORMAL, PAUSE, SOLAR, SmartEvseEmulator

from .clock import Days
from .conftest import Read

NIGHT = {"start": "23:00", "end": "06:00"}
AFTERNOON = {"start": "10:00", "end": "16:00"}


@pytest.fixture(autouse=True)
def clock(days: Days) -> None:
    """Let it be a Friday noon."""


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Start the new version."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_limit_for_a_time(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    hass_storage: dict[str, Any],
    days: Days,
) -> None:
    """It ends when it was to end, with what the owner had set before."""
    emulator.plug_in()
    emulator.override_a = 8
    data = old_files.limit(
        limit_a=8.0, until="2026-11-20T13:00:00+00:00", before_a=13.0, told=True, confirmed=True, seen_a=13.0
    )
    hass_storage |= old_files.stored("limit", entry.entry_id, data)
    await set_up(hass, entry)
    await days.until("2026-11-20T13:59:00")
    assert emulator.override_a == 8
    await days.until("2026-11-20T14:00:01")
    assert emulator.override_a == 13


@pytest.mark.parametrize(
    ("found_a", "stored", "left_a"),
    [
        pytest.param(
            0,
            {"limit_a": 8.0, "until": "2026-11-20T13:00:00+00:00", "before_a": 13.0, "told": True},
            8,
            id="a charger that restarted meanwhile gets it again",
        ),
        pytest.param(
            8,
            {"limit_a": 8.0, "until": "2026-11-20T10:00:00+00:00", "before_a": 13.0, "told": True},
            13,
            id="over while Home Assistant was updated, or while the charger was away",
        ),
        pytest.param(
            8, {"pending_a": 13.0, "seen_a": 13.0}, 13, id="the charger was away when it was to be restored"
        ),
    ],
)
async def test_limit_for_a_time_at_the_start(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    hass_storage: dict[str, Any],
    found_a: float,
    stored: dict[str, Any],
    left_a: float,
) -> None:
    """Whatever the charger has when Home Assistant starts, it gets what holds then."""
    emulator.override_a = found_a
    hass_storage |= old_files.stored("limit", entry.entry_id, old_files.limit(**stored))
    await set_up(hass, entry)
    assert emulator.override_a == left_a


@pytest.mark.parametrize("owners", [{"owners_limit_a": 11.0}, {"seen_limit_a": 11.0}])
async def test_schedule_that_pauses(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    hass_storage: dict[str, Any],
    days: Days,
    read: Read,
    owners: dict[str, Any],
) -> None:
    """The charger stays paused, and charges with its owner's limit in the window."""
    emulator.plug_in()
    emulator.override_a = 11
    emulator.turn_mode(PAUSE)
    data = old_files.schedule(NIGHT, paused=True, **owners)
    hass_storage |= old_files.stored("schedule", entry.entry_id, data)
    await set_up(hass, entry)
    assert (emulator.mode_id, read("sensor.status")) == (PAUSE, "scheduled")
    await days.until("2026-11-20T23:00:01")
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 11)


async def test_window_with_a_current_and_a_mode(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    hass_storage: dict[str, Any],
    days: Days,
) -> None:
    """After the window the owner's limit and mode come back."""
    emulator.plug_in()
    emulator.override_a = 10
    data = old_files.schedule(
        AFTERNOON | {"current": 10.0, "mode": "normal"},
        outside="allowed",
        owners_limit_a=16.0,
        owners_mode="solar",
    )
    hass_storage |= old_files.stored("schedule", entry.entry_id, data)
    await set_up(hass, entry)
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 10)
    await days.until("2026-11-20T16:00:01")
    assert emulator.mode_id == SOLAR
    assert emulator.override_a in (0, 16)


async def test_override(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    hass_storage: dict[str, Any],
    days: Days,
) -> None:
    """A car that was to charge now goes on charging."""
    emulator.plug_in()
    data = old_files.schedule(NIGHT, overridden=True)
    hass_storage |= old_files.stored("schedule", entry.entry_id, data)
    await set_up(hass, entry)
    await days.until("2026-11-20T15:00:00")
    assert emulator.mode_id == NORMAL


async def test_delayed_start(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    hass_storage: dict[str, Any],
    days: Days,
) -> None:
    """It starts when it was to start."""
    emulator.plug_in()
    emulator.turn_mode(PAUSE)
    data = old_files.schedule(
        once=["2026-11-20T14:00:00+00:00", "2026-11-20T15:00:00+00:00"], paused=True, seen_limit_a=16.0
    )
    hass_storage |= old_files.stored("schedule", entry.entry_id, data)
    await set_up(hass, entry)
    assert emulator.mode_id == PAUSE
    await days.until("2026-11-20T15:00:01")
    assert emulator.mode_id == NORMAL
    await days.until("2026-11-20T16:00:01")
    assert emulator.mode_id == PAUSE


async def test_files_that_make_no_sense(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One warning for each, and the charger is as its owner has left it."""
    emulator.override_a = 11
    hass_storage |= old_files.stored("limit", entry.entry_id, [])
    hass_storage |= old_files.stored("schedule", entry.entry_id, "schedule", version=99)
    await set_up(hass, entry)
    assert caplog.text.count("cannot be read") == 2
    assert emulator.override_a == 11
    assert not [request for request in emulator.calls if request.method == "POST"]
    assert not entry.runtime_data.control.claims
    assert f"{DOMAIN}.limit.{entry.entry_id}" not in hass_storage
