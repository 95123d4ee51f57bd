"""What a schedule claims, next to what a person does by hand, over lost polls, restarts and clocks that are set."""

from datetime import datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.claim import Reason, Source
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from tests.emulators.base import Line
from tests.emulators.smartevse import NORMAL, OFF, PAUSE, SmartEvseEmulator

from .clock import AMSTERDAM, Days
from .conftest import Call, Poll, Read
from .test_schedule import NIGHT, act, loaded, settle

__all__ = ["loaded"]

NOON_TO_FOUR = {"start": "10:00", "end": "16:00"}


async def lose_a_poll(emulator: SmartEvseEmulator, poll: Poll) -> None:
    """Let one poll fail, and the next one pass."""
    emulator.line = Line.REFUSED
    await poll()
    emulator.line = Line.OK
    await poll()


async def test_a4_hand_that_switches_on_stands_over_a_lost_poll(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    call: Call,
) -> None:
    """A car that is switched on by hand while the schedule pauses charges until the next edge."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    assert emulator.mode_id == PAUSE
    await call("switch.turn_on", "switch.allow_charging")
    await settle(hass)
    for _ in range(3):
        await poll()
    await lose_a_poll(emulator, poll)
    assert emulator.mode_id == NORMAL
    await days.until("2026-11-20T23:00:01")
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 10)
    await days.until("2026-11-21T06:30:01")
    assert emulator.mode_id == PAUSE


@pytest.mark.parametrize("window", [NOON_TO_FOUR, NOON_TO_FOUR | {"current": 8}])
async def test_a4_hand_that_switches_off_stands_over_a_lost_poll(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    call: Call,
    window: dict[str, Any],
) -> None:
    """A car that is switched off by hand in a window stays off until the next edge, and charges in the next window."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[window])
    await settle(hass)
    assert emulator.mode_id == NORMAL
    await call("switch.turn_off", "switch.allow_charging")
    await settle(hass)
    await lose_a_poll(emulator, poll)
    assert emulator.mode_id == PAUSE
    await days.until("2026-11-20T16:00:01")
    assert emulator.mode_id == PAUSE
    await days.until("2026-11-21T10:00:01")
    assert emulator.mode_id == NORMAL


async def test_a4_hand_stands_over_a_restart(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    call: Call,
) -> None:
    """What a person did by hand is no edge of the schedule after a restart of Home Assistant either."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    await call("switch.turn_on", "switch.allow_charging")
    await settle(hass)
    assert await hass.config_entries.async_reload(loaded.entry_id)
    await settle(hass)
    await poll()
    assert emulator.mode_id == NORMAL
    # Edges that pass while Home Assistant is off are some, though the schedule pauses as before.
    assert await hass.config_entries.async_unload(loaded.entry_id)
    await days.until("2026-11-21T07:00:00")
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    await days.until("2026-11-21T07:00:10")
    assert emulator.mode_id == PAUSE
    await days.until("2026-11-23T23:00:01")
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 10)


async def test_a5_override_stands_over_one_reading_without_a_car(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    read: Read,
) -> None:
    """A control pilot that reads "no car" for one poll is no unplugging; two polls are."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[NIGHT])
    await act(hass, "override_schedule")
    await poll()
    assert emulator.mode_id == NORMAL
    emulator.unplug()
    await poll()
    emulator.plug_in()
    for _ in range(2):
        await poll()
    assert emulator.mode_id == NORMAL
    assert (await act(hass, "get_schedule"))["chargers"]["SmartEVSE"]["overridden"] is True
    emulator.unplug()
    for _ in range(2):
        await poll()
    assert (await act(hass, "get_schedule"))["chargers"]["SmartEVSE"]["overridden"] is False
    emulator.plug_in()
    for _ in range(2):
        await poll()
    assert emulator.mode_id == PAUSE


async def test_a8_verified_only_when_read_back(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days, poll: Poll
) -> None:
    """A schedule that the charger was not reached with is kept, and not verified; one that it shows is."""
    emulator.plug_in()
    emulator.draw(16)
    await poll()
    emulator.line = Line.REFUSED
    response = await act(hass, "set_schedule", windows=[NIGHT])
    outcome = response["chargers"]["SmartEVSE"]
    assert (outcome["verified"], outcome["executed_by"]) == (False, "home_assistant")
    assert emulator.mode_id == NORMAL
    emulator.line = Line.OK
    await days.until("2026-11-20T12:00:30")
    assert emulator.mode_id == PAUSE
    response = await act(hass, "set_schedule", windows=[NIGHT | {"current": 12}])
    assert response["chargers"]["SmartEVSE"]["verified"] is True


async def test_a8_command_that_is_taken_and_not_carried_out(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days, poll: Poll
) -> None:
    """A charger that can be read, but takes no command, does not verify a schedule."""
    emulator.plug_in()
    await poll()
    emulator.line_for = lambda request: request.method == "POST"
    emulator.break_line(Line.ERROR)
    response = await act(hass, "set_schedule", windows=[NIGHT])
    outcome = response["chargers"]["SmartEVSE"]
    assert (outcome["verified"], outcome["problem"]) == (False, "unreachable")


async def test_a11_first_state_after_a_restart(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    read: Read,
    entity_id: Read,
) -> None:
    """A car that waits for its start time is never shown as paused, not for a moment after a restart."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    assert read("sensor.status") == "scheduled"
    seen: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        if (state := event.data["new_state"]) is not None:
            seen.append(state.state)

    cancel = async_track_state_change_event(hass, entity_id("sensor.status"), note)
    assert await hass.config_entries.async_reload(loaded.entry_id)
    await settle(hass)
    await days.until("2026-11-20T12:00:10")
    cancel()
    assert set(seen) <= {"unavailable", "unknown", "scheduled"}
    assert seen[-1] == "scheduled"


async def test_a12_clock_that_was_set_back(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Seven hours back, out of the pause into the window before: the car charges with the next poll, and pauses again."""
    emulator.plug_in()
    await days.until("2026-11-21T04:00:00")
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    assert emulator.mode_id == NORMAL
    await days.until("2026-11-21T06:30:01")
    assert emulator.mode_id == PAUSE
    freezer.move_to(datetime(2026, 11, 20, 23, 30, tzinfo=AMSTERDAM))
    await loaded.runtime_data.coordinator.async_refresh()
    await settle(hass)
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 10)
    freezer.move_to(datetime(2026, 11, 21, 6, 30, 1, tzinfo=AMSTERDAM))
    async_fire_time_changed(hass)
    await settle(hass)
    assert emulator.mode_id == PAUSE


async def test_n10_until_when_it_waits(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days, read: Read
) -> None:
    """The claim of a pause ends with the next start, that of a window with its end; a change of the week changes it."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    claims = loaded.runtime_data.control.claims

    def until() -> str | None:
        moment = claims[Source.SCHEDULE].until
        return None if moment is None else moment.astimezone(AMSTERDAM).isoformat()

    assert claims[Source.SCHEDULE].reason is Reason.SCHEDULED
    assert until() == "2026-11-20T23:00:00+01:00"
    await act(hass, "set_schedule", windows=[NIGHT | {"start": "22:00"}])
    await settle(hass)
    assert until() == "2026-11-20T22:00:00+01:00"
    await days.until("2026-11-20T22:00:01")
    assert until() == "2026-11-21T06:30:00+01:00"
    await act(hass, "clear_schedule")
    await settle(hass)
    assert Source.SCHEDULE not in claims


async def test_mode_chosen_by_hand_stands_until_the_next_edge(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    call: Call,
) -> None:
    """A window's mode is not set again, at any poll, after a person has chosen another."""
    emulator.plug_in()
    smart = {"start": "10:00", "end": "16:00", "mode": "smart"}
    await act(hass, "set_schedule", windows=[smart])
    await settle(hass)
    assert emulator.mode_id == 3
    await call("select.select_option", "select.mode", option="normal")
    await settle(hass)
    for _ in range(3):
        await poll()
    assert emulator.mode_id == NORMAL
    await days.until("2026-11-20T16:00:01")
    await days.until("2026-11-21T10:00:01")
    assert emulator.mode_id == 3


async def test_version_1_of_the_store(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
) -> None:
    """A schedule that an earlier version stored goes on; what it took from the owner is the controller's now."""
    emulator.plug_in()
    emulator.turn_mode(OFF)
    hass_storage[f"{DOMAIN}.schedule.{entry.entry_id}"] = {
        "version": 1,
        "minor_version": 1,
        "key": f"{DOMAIN}.schedule.{entry.entry_id}",
        "data": {
            "schedule": {"windows": [NIGHT], "outside": "paused", "enabled": True},
            "executed_by": "home_assistant",
            "follow": None,
            "overridden": False,
            "once": None,
            "owners_limit_a": None,
            "seen_limit_a": 16.0,
            "owners_mode": None,
            "owners_phases": None,
            "paused": True,
            "spent_wh": 100.0,
            "spent_since": "2026-11-20T00:00:00+00:00",
            "counter_wh": 100.0,
            "told_utc_offset_s": 3600.0,
        },
    }
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert emulator.mode_id == OFF
    await days.until("2026-11-20T23:00:01")
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 10)
    await act(hass, "clear_schedule")
    await settle(hass)
    assert emulator.mode_id == NORMAL
    stored = hass_storage[f"{DOMAIN}.schedule.{entry.entry_id}"]
    assert stored["version"] == 3
    assert not {"paused", "owners_limit_a", "overridden"} & stored["data"].keys()
