"""A charging week, carried out by Home Assistant on a charger that keeps none."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.const import EVENT_HOMEASSISTANT_STOP, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
from tests.emulators.base import Line
from tests.emulators.smartevse import NORMAL, OFF, PAUSE, SMART, SOLAR, SmartEvseEmulator

from .clock import Days
from .conftest import Call, Poll, Read

NIGHT = {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "23:00", "end": "06:30", "current": 10}


@pytest.fixture
async def loaded(days: Days, loaded: MockConfigEntry) -> MockConfigEntry:
    """Return the entry, set up on a Friday noon."""
    return loaded


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Carry out an action of ours on the charger, and return its response."""
    return await hass.services.async_call(
        DOMAIN,
        action,
        {"entity_id": "sensor.smartevse_status", **data},
        blocking=True,
        return_response=action in ("get_schedule", "set_schedule"),
    )


async def settle(hass: HomeAssistant) -> None:
    """Let everything happen that was begun."""
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.usefixtures("all_enabled")
async def test_a_night(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days, read: Read
) -> None:
    """A car that is plugged in at noon charges from 23:00 to 06:30 with 10 A, and gets its 16 A back afterwards."""
    emulator.plug_in()
    response = await act(hass, "set_schedule", windows=[NIGHT])
    assert response["chargers"]["SmartEVSE"]["executed_by"] == "home_assistant"
    await settle(hass)
    assert emulator.mode_id == PAUSE
    assert read("sensor.status") == "scheduled"
    assert read("sensor.next_charging_start") == "2026-11-20T22:00:00+00:00"
    assert read("sensor.next_charging_end") == "2026-11-21T05:30:00+00:00"
    await days.until("2026-11-20T22:59:59")
    assert emulator.mode_id == PAUSE
    await days.until("2026-11-20T23:00:01")
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 10)
    assert read("sensor.status") == "charging"
    await days.until("2026-11-21T06:30:01")
    assert emulator.mode_id == PAUSE
    # Weekend.
    assert read("sensor.next_charging_start") == "2026-11-23T22:00:00+00:00"
    await act(hass, "clear_schedule")
    await settle(hass)
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 16)
    assert read("sensor.next_charging_start") == "unknown"


async def test_a_hand_on_the_charger_stands_until_the_next_edge(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days, poll: Poll
) -> None:
    """A car that is switched on by hand at noon charges until the next window begins or ends."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    emulator.turn_mode(NORMAL)
    await poll()
    await days.until("2026-11-20T14:00:00")
    assert emulator.mode_id == NORMAL
    await days.until("2026-11-20T23:00:01")
    emulator.turn_mode(OFF)
    await poll()
    assert emulator.mode_id == OFF
    await days.until("2026-11-21T06:30:01")
    assert emulator.mode_id == OFF
    # The night is over; that it was switched off by hand is not the schedule's to undo before the next one.
    await days.until("2026-11-23T22:59:00")
    assert emulator.mode_id == OFF
    await days.until("2026-11-23T23:00:01")
    assert emulator.mode_id == NORMAL


async def test_what_was_switched_off_by_hand_stays_off_when_the_schedule_goes(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days, poll: Poll
) -> None:
    """A schedule that is cleared or switched off gives back only what it took itself."""
    emulator.plug_in()
    emulator.turn_mode(OFF)
    await poll()
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    await act(hass, "clear_schedule")
    await settle(hass)
    assert emulator.mode_id == OFF


async def test_a_car_that_is_plugged_in_outside_of_the_windows_waits(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    read: Read,
) -> None:
    """One that was switched on by hand for the last car makes the next one wait again."""
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    emulator.turn_mode(NORMAL)
    await poll()
    assert emulator.mode_id == NORMAL
    emulator.plug_in()
    await poll()
    assert emulator.mode_id == PAUSE
    assert read("sensor.status") == "scheduled"


@pytest.mark.usefixtures("all_enabled")
async def test_override_until_unplugged(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    read: Read,
    call: Call,
) -> None:
    """A car that is to charge now does, over the edges of windows, and the next one waits."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    await call("button.press", "button.override_schedule")
    assert emulator.mode_id == NORMAL
    assert read("sensor.status") == "charging"
    await days.until("2026-11-21T06:30:01")
    assert emulator.mode_id == NORMAL
    emulator.unplug()
    for _ in range(2):
        await poll()
    assert emulator.mode_id == PAUSE
    await act(hass, "override_schedule")
    assert emulator.mode_id == NORMAL


async def test_enabled_switch(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    read: Read,
    call: Call,
) -> None:
    """Switched off, the schedule allows charging at any time; switched on, it holds at once."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[NIGHT], enabled=False)
    await settle(hass)
    assert (emulator.mode_id, read("switch.schedule_enabled")) == (NORMAL, "off")
    await call("switch.turn_on", "switch.schedule_enabled")
    assert (emulator.mode_id, read("switch.schedule_enabled")) == (PAUSE, "on")
    await call("switch.turn_off", "switch.schedule_enabled")
    assert (emulator.mode_id, read("switch.schedule_enabled")) == (NORMAL, "off")


@pytest.mark.usefixtures("all_enabled")
async def test_n7_pauses_only(
    hass: HomeAssistant, page: Page, emulator: SmartEvseEmulator, days: Days, read: Read
) -> None:
    """A week in which only "No charging" is drawn allows charging outside of that, and shows when it goes on."""
    emulator.plug_in()
    dinner = EVENING | {"summary": "No charging", "rrule": "FREQ=DAILY"}
    assert (await page.ask("create", event=dinner))["success"]
    await settle(hass)
    assert emulator.mode_id == NORMAL
    assert read("sensor.next_charging_end") == "2026-11-20T19:00:00+00:00"
    await days.until("2026-11-20T20:00:01")
    assert (emulator.mode_id, read("sensor.status")) == (PAUSE, "scheduled")
    assert read("sensor.next_charging_start") == "2026-11-20T21:00:00+00:00"
    await days.until("2026-11-20T22:00:01")
    assert emulator.mode_id == NORMAL


async def test_restart(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days, read: Read
) -> None:
    """After a restart the charger is brought to what holds then, once, and its owner's limit is remembered."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[NIGHT])
    await days.until("2026-11-20T23:00:01")
    assert emulator.override_a == 10
    assert await hass.config_entries.async_unload(loaded.entry_id)
    emulator.calls.clear()
    await days.until("2026-11-21T09:00:00")
    assert emulator.calls == []
    assert emulator.mode_id == NORMAL
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    assert emulator.mode_id == PAUSE
    assert len([call for call in emulator.calls if call.method == "POST"]) == 1
    await act(hass, "clear_schedule")
    await settle(hass)
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 16)


async def test_charger_that_was_away(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    read: Read,
) -> None:
    """An edge that passes while the charger is away, or fails, is made good when it is back."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    emulator.break_line(Line.REFUSED)
    # One or two lost polls are no absence.
    for _ in range(3):
        await poll()
    assert read("sensor.status") == STATE_UNAVAILABLE
    await days.until("2026-11-20T23:00:01")
    emulator.break_line(Line.OK)
    await poll()
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 10)
    # One that was restarted has forgotten its limit.
    emulator.reboot()
    await poll()
    emulator.advance(20)
    await poll()
    assert emulator.override_a == 10


async def test_command_that_is_lost_is_sent_again(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A command that fails while the charger can be read is tried again, with one line in the log."""
    emulator.plug_in()
    emulator.line_for = lambda request: request.method == "POST"
    emulator.break_line(Line.ERROR)
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    assert emulator.mode_id == NORMAL
    await days.until("2026-11-20T12:01:01")
    assert emulator.mode_id == NORMAL
    emulator.break_line(Line.OK)
    await days.until("2026-11-20T12:02:02")
    assert emulator.mode_id == PAUSE
    assert caplog.text.count("SmartEVSE cannot be commanded: unreachable") == 1


async def test_nothing_is_sent_when_nothing_changes(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days, poll: Poll
) -> None:
    """A schedule that the charger shows already sends nothing at any poll."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[{"start": "00:00", "end": "00:00"}])
    for _ in range(3):
        await poll()
    emulator.draw(10)
    await poll()
    assert [request for request in emulator.calls if request.method == "POST"] == []


async def test_follow(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days, read: Read
) -> None:
    """A helper is on when charging is allowed, its block has the current; while it is unknown, what held before stands."""
    emulator.plug_in()
    hass.states.async_set("schedule.night", "off")
    await act(hass, "set_schedule", follow="schedule.night")
    await settle(hass)
    assert emulator.mode_id == PAUSE
    hass.states.async_set("schedule.night", "on", {"current": 8})
    await settle(hass)
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 8)
    for nothing in ("unavailable", "unknown"):
        hass.states.async_set("schedule.night", nothing)
        await settle(hass)
        assert (emulator.mode_id, emulator.override_a) == (NORMAL, 8)
    response = await act(hass, "get_schedule")
    assert response["chargers"]["SmartEVSE"]["follow"] == "schedule.night"
    assert await hass.config_entries.async_unload(loaded.entry_id)
    hass.states.async_set("schedule.night", "off")
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    assert emulator.mode_id == PAUSE
    # Another one instead; the first has nothing to say any more.
    hass.states.async_set("input_boolean.guests", "on")
    await act(hass, "set_schedule", follow="input_boolean.guests")
    hass.states.async_set("schedule.night", "on", {"current": 8})
    await settle(hass)
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 16)


@pytest.mark.parametrize(
    ("windows", "words"),
    [
        ([NIGHT | {"start": "10:00", "end": "10:00"}], "starts and ends at the same time"),
        ([NIGHT | {"current": 3}], "has to be 0 A or from 6 A to 80 A"),
        ([NIGHT | {"current": 20}], "from 6 A to 16 A"),
        ([NIGHT | {"days": []}], "has no days"),
        ([NIGHT] * 1000, "more than 200 windows"),
        ([NIGHT | {"start": "10:00:30"}], "whole minutes"),
    ],
)
async def test_bad_schedules(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    windows: list[dict[str, Any]],
    words: str,
) -> None:
    """A schedule that cannot be kept is refused in words, and nothing changes."""
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    before = await act(hass, "get_schedule")
    emulator.calls.clear()
    with pytest.raises(ServiceValidationError, match=words):
        await act(hass, "set_schedule", windows=windows)
    assert await act(hass, "get_schedule") == before
    assert emulator.calls == []


@pytest.mark.parametrize(
    "bad", [{"start": "25:00"}, {"days": ["noday"]}, {"end": "soon"}, {"current": "much"}]
)
async def test_words_that_are_no_schedule(
    hass: HomeAssistant, loaded: MockConfigEntry, bad: dict[str, Any]
) -> None:
    """What is no time, day or current does not get past the form."""
    with pytest.raises(ServiceValidationError, match=r"The field windows 1 \w+"):
        await act(hass, "set_schedule", windows=[NIGHT | bad])


async def test_by_the_charger_itself_where_it_cannot(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """A charger that keeps no timetable refuses to carry one out."""
    with pytest.raises(ServiceValidationError, match="keeps no timetable of its own"):
        await act(hass, "set_schedule", windows=[NIGHT], executed_by="charger")


@pytest.mark.parametrize(
    "nonsense",
    [
        {"schedule": {"windows": [{"days": ["noday"]}]}},
        {"once": [None, None]},
        {"once": ["yesterday", None]},
        {"executed_by": "nobody"},
    ],
)
async def test_stored_nonsense(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    nonsense: dict[str, Any],
) -> None:
    """A part of a stored schedule that makes no sense is as if it had never been; the rest is kept (case E7)."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await act(hass, "set_schedule", windows=[NIGHT])
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[f"{DOMAIN}.schedule.{entry.entry_id}"]["data"] |= nonsense
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    [part] = nonsense
    windows = (await act(hass, "get_schedule"))["chargers"]["SmartEVSE"]["windows"]
    assert len(windows) == (0 if part == "schedule" else 1)
    assert f"SmartEVSE: a stored value cannot be read ({part}) and is dropped" in caplog.text


async def test_stopped_with_home_assistant(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days
) -> None:
    """Nothing is sent any more when Home Assistant stops."""
    emulator.plug_in()
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await settle(hass)
    await days.until("2026-11-20T23:00:01")
    assert emulator.mode_id == PAUSE


async def test_removed(
    hass: HomeAssistant, hass_storage: dict[str, Any], loaded: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """A charger that is removed leaves nothing behind."""
    await act(hass, "set_schedule", windows=[NIGHT])
    await settle(hass)
    assert f"{DOMAIN}.schedule.{loaded.entry_id}" in hass_storage
    await hass.config_entries.async_remove(loaded.entry_id)
    assert f"{DOMAIN}.schedule.{loaded.entry_id}" not in hass_storage


class Page:
    """The calendar page, as its web page talks to Home Assistant."""

    def __init__(self, client: MockHAClientWebSocket) -> None:
        """Know the line."""
        self._client = client

    async def ask(self, command: str, **data: Any) -> dict[str, Any]:
        """Return what Home Assistant answers."""
        await self._client.send_json_auto_id(
            {
                "type": f"calendar/event/{command}",
                "entity_id": "calendar.smartevse_charging_schedule",
                **data,
            }
        )
        answer: dict[str, Any] = await self._client.receive_json()
        return answer


@pytest.fixture
async def page(loaded: MockConfigEntry, hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> Page:
    """Return the calendar page."""
    assert await async_setup_component(hass, "calendar", {})
    return Page(await hass_ws_client(hass))


EVENING = {
    "summary": "Charging at 8 A",
    "dtstart": "2026-11-20T20:00:00",
    "dtend": "2026-11-20T22:00:00",
    "rrule": "FREQ=WEEKLY;BYDAY=FR",
}
FUTURE = {"recurrence_id": "20261120T200000", "recurrence_range": "THISANDFUTURE"}


async def events(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return the events of the week that the calendar shows."""
    response = await hass.services.async_call(
        "calendar",
        "get_events",
        {
            "entity_id": "calendar.smartevse_charging_schedule",
            "start_date_time": "2026-11-16 00:00:00",
            "end_date_time": "2026-11-23 00:00:00",
        },
        blocking=True,
        return_response=True,
    )
    assert response
    found: Any = response["calendar.smartevse_charging_schedule"]
    return list(found["events"])


async def test_calendar(
    hass: HomeAssistant,
    page: Page,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    read: Read,
) -> None:
    """A window that is drawn in the calendar is carried out, moved and deleted there."""
    emulator.plug_in()
    assert (await page.ask("create", event=EVENING))["success"]
    await settle(hass)
    [event] = await events(hass)
    assert (event["start"], event["end"], event["summary"]) == (
        "2026-11-20T20:00:00+01:00",
        "2026-11-20T22:00:00+01:00",
        "Charging at 8 A",
    )
    assert emulator.mode_id == PAUSE
    assert read("calendar.schedule") == "off"
    await days.until("2026-11-20T20:00:01")
    assert (emulator.mode_id, emulator.override_a, read("calendar.schedule")) == (NORMAL, 8, "on")

    moved = EVENING | {"dtstart": "2026-11-21T20:00:00", "dtend": "2026-11-21T23:00:00", "summary": "Car"}
    uid = "fri 20:00-22:00 8 Charging at 8 A"
    assert (await page.ask("update", uid=uid, event=moved, **FUTURE))["success"]
    await settle(hass)
    [event] = await events(hass)
    assert (event["start"], event["summary"]) == ("2026-11-21T20:00:00+01:00", "Car")
    assert emulator.mode_id == PAUSE

    assert (await page.ask("delete", uid="sat 20:00-23:00 Car", **FUTURE))["success"]
    await settle(hass)
    assert await events(hass) == []
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 16)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"}, "comes once or every week"),
        ({"rrule": "FREQ=WEEKLY;BYDAY=FR;COUNT=3"}, "comes once or every week"),
        ({"rrule": "FREQ=MONTHLY"}, "comes once or every week"),
        ({"dtend": "2026-11-21T20:01:00"}, "at most a day"),
        ({"dtend": "2026-11-21T20:00:00"}, "starts and ends at the same time"),
        ({"summary": "Charging at 3 A"}, "has to be 0 A or from 6 A to 80 A"),
    ],
)
async def test_drawn_wrongly(hass: HomeAssistant, page: Page, change: dict[str, Any], words: str) -> None:
    """What is no charging window is refused in words."""
    event = {key: value for key, value in (EVENING | change).items() if value is not None}
    answer = await page.ask("create", event=event)
    assert not answer["success"]
    assert words in answer["error"]["message"]
    assert await events(hass) == []


async def test_a_window_that_is_gone(hass: HomeAssistant, page: Page) -> None:
    """A window that is gone cannot be moved or deleted."""
    await page.ask("create", event=EVENING)
    for answer in (
        await page.ask("delete", uid="sun 01:00-02:00"),
        await page.ask("update", uid="sun 01:00-02:00", event=EVENING),
    ):
        assert "no longer exists" in answer["error"]["message"]
    assert len(await events(hass)) == 1


async def test_calendar_of_a_schedule_that_is_off(
    hass: HomeAssistant, loaded: MockConfigEntry, read: Read, days: Days
) -> None:
    """A schedule that is off shows its windows, and none of them is on."""
    await act(hass, "set_schedule", windows=[{"start": "00:00", "end": "00:00"}], enabled=False)
    assert read("calendar.schedule") == "off"
    assert len(await events(hass)) == 7


async def test_delayed_start_is_the_chargers_own(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days, read: Read
) -> None:
    """A charger that can wait by itself is set to wait."""
    emulator.plug_in()
    await act(
        hass, "set_delayed_start", start="2026-12-24 02:00:00", stop="2026-12-24 05:00:00", mode="smart"
    )
    assert emulator.last_query("/settings") == {
        "mode": "3",
        "starttime": "2026-12-24T02:00",
        "stoptime": "2026-12-24T05:00",
        "repeat": "0",
    }
    for data, words in (
        ({"mode": "solar"}, "normal and in smart mode only"),
        ({"daily": True}, "only if there is a stop"),
    ):
        with pytest.raises(ServiceValidationError, match=words):
            await act(hass, "set_delayed_start", start="2026-12-24 02:00:00", **data)


async def test_mode_of_a_window(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days, read: Read
) -> None:
    """A window brings its mode, with its current if that mode has one, and the owner's mode comes back."""
    emulator.plug_in()
    smart = NIGHT | {"mode": "smart", "current": 9}
    noon = {"days": ["sat"], "start": "12:00", "end": "14:00", "mode": "solar"}
    await act(hass, "set_schedule", windows=[smart, noon, {"start": "15:00", "end": "16:00"}])
    await settle(hass)
    await days.until("2026-11-20T15:00:01")
    assert (emulator.mode_id, emulator.override_a or emulator.current_max) == (NORMAL, 16)
    await days.until("2026-11-20T23:00:01")
    assert (emulator.mode_id, emulator.override_a) == (SMART, 9)
    await days.until("2026-11-21T12:00:01")
    assert emulator.mode_id == SOLAR
    await days.until("2026-11-21T15:00:01")
    assert (emulator.mode_id, emulator.override_a or emulator.current_max) == (NORMAL, 16)
    response = await act(hass, "get_schedule")
    assert response["chargers"]["SmartEVSE"]["windows"][1]["mode"] == "solar"
    with pytest.raises(ServiceValidationError, match="these modes only: normal, solar, smart"):
        await act(hass, "set_schedule", windows=[NIGHT | {"mode": "turbo"}])


@pytest.mark.parametrize("number", [0, 2, 4])
async def test_s14_phases_that_cannot_be_chosen(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, number: int
) -> None:
    """Without a second contactor, or where it is left to the charger, a window cannot choose the phases."""
    emulator.enable_c2 = number
    await poll()
    with pytest.raises(ServiceValidationError, match="phases of SmartEVSE cannot be chosen"):
        await act(hass, "set_schedule", windows=[NIGHT | {"phases": 1}])


@pytest.mark.usefixtures("all_enabled")
async def test_s14_phases_of_a_window(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    read: Read,
) -> None:
    """A window brings its phases: off, set, and on again in the mode of before, never under load; and they come back."""
    emulator.turn_mode(SMART)
    emulator.plug_in()
    await poll()
    hour = {"start": "13:00", "end": "14:00", "phases": 1}
    await act(hass, "set_schedule", windows=[hour, {"start": "14:00", "end": "13:00"}])
    await settle(hass)
    assert emulator.ev_currents_a == [16, 16, 16]
    emulator.calls.clear()
    await days.until("2026-11-20T13:00:01")
    assert emulator.ev_currents_a == [16, 0, 0]
    sent = [call.query for call in emulator.calls if call.method == "POST"]
    assert sent == [{"mode": "4", "starttime": "0"}, {"enable_C2": "1"}, {"mode": "3", "starttime": "0"}]
    await poll()
    assert (read("select.mode"), read("select.second_contactor"), read("sensor.phases_in_use")) == (
        "smart",
        "always_off",
        "1",
    )
    writes = emulator.flash_writes
    await days.until("2026-11-20T13:59:59")
    assert emulator.flash_writes == writes
    await days.until("2026-11-20T14:00:01")
    assert (emulator.mode_id, emulator.ev_currents_a) == (SMART, [16, 16, 16])
    assert emulator.c2_set_under_load == 0


async def test_s7_window_with_an_energy_and_a_session_that_lost_its_start(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    read: Read,
) -> None:
    """A charger that counts the whole life of its meter as one session does not end a window."""
    emulator.plug_in()
    emulator.draw(0)
    await poll()
    await act(hass, "set_schedule", windows=[{"start": "13:00", "end": "20:00", "energy": 15}])
    await days.until("2026-11-20T13:00:01")
    await poll()
    emulator.charged_wh = emulator.total_wh
    for _ in range(3):
        await poll()
    assert (emulator.mode_id, read("sensor.session_energy")) == (NORMAL, "unknown")


async def test_window_that_ends_with_an_energy(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    read: Read,
) -> None:
    """A window ends when the car has got its energy, over a restart, and the next one begins anew."""
    emulator.plug_in()
    await poll()
    await act(hass, "set_schedule", windows=[{"start": "13:00", "end": "20:00", "energy": 15}])
    await days.until("2026-11-20T13:00:01")
    assert emulator.mode_id == NORMAL
    emulator.advance(10)
    await poll()
    # An hour of 11.04 kW, twice; between two polls that is a jump, which counts when it is read again.
    emulator.advance(3600)
    await poll()
    await poll()
    assert emulator.mode_id == NORMAL
    assert await hass.config_entries.async_reload(loaded.entry_id)
    await poll()
    emulator.advance(3600)
    await poll()
    await poll()
    assert (emulator.mode_id, read("sensor.status")) == (PAUSE, "scheduled")
    await days.until("2026-11-20T20:00:01")
    await days.until("2026-11-21T13:00:01")
    assert emulator.mode_id == NORMAL
