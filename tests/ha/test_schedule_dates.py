"""Windows that come once, and dates on which a window does not come, on the calendar page and by action."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.emulators.smartevse import NORMAL, PAUSE, SmartEvseEmulator

from .clock import Days
from .conftest import Poll, Read
from .test_schedule import EVENING, Page, act, loaded, page, settle

__all__ = ["loaded", "page"]

ONCE = {key: value for key, value in EVENING.items() if key != "rrule"}
TONIGHT = {"date": "2026-11-20", "start": "20:00", "end": "22:00", "current": 8.0}
NIGHT = {"days": ["fri", "sat", "sun"], "start": "23:00", "end": "06:30", "current": 10.0}


async def windows(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return the windows as the action returns them."""
    response = await act(hass, "get_schedule")
    found: list[dict[str, Any]] = response["chargers"]["SmartEVSE"]["windows"]
    return found


async def set_windows(hass: HomeAssistant, *found: dict[str, Any], **data: Any) -> dict[str, Any]:
    """Replace the schedule, and return the response for the charger."""
    response = await act(hass, "set_schedule", windows=list(found), **data)
    await settle(hass)
    answer: dict[str, Any] = response["chargers"]["SmartEVSE"]
    return answer


async def titles(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Return when the events of ten days begin, and their titles."""
    response: Any = await hass.services.async_call(
        "calendar",
        "get_events",
        {
            "entity_id": "calendar.smartevse_charging_schedule",
            "start_date_time": "2026-11-20 00:00:00",
            "end_date_time": "2026-11-30 00:00:00",
        },
        blocking=True,
        return_response=True,
    )
    found = response["calendar.smartevse_charging_schedule"]["events"]
    return [(event["start"][:16], event["summary"]) for event in found]


async def unplug(emulator: SmartEvseEmulator, poll: Poll) -> None:
    """Unplug the car, for more than one reading."""
    emulator.unplug()
    for _ in range(3):
        await poll()


async def test_n19_only_tonight(
    hass: HomeAssistant,
    page: Page,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    read: Read,
) -> None:
    """An event without a repetition is a window that comes once; the car waits before it, and after it until it leaves."""
    emulator.plug_in()
    assert (await page.ask("create", event=ONCE))["success"]
    await settle(hass)
    assert emulator.mode_id == PAUSE
    assert await windows(hass) == [TONIGHT | {"title": "Charging at 8 A"}]
    assert read("sensor.next_charging_start") == "2026-11-20T19:00:00+00:00"
    await days.until("2026-11-20T20:00:01")
    assert (emulator.mode_id, emulator.override_a, read("calendar.schedule")) == (NORMAL, 8, "on")
    await days.until("2026-11-20T22:00:01")
    assert emulator.mode_id == PAUSE
    # Neither a restart nor another week makes it charge.
    assert await hass.config_entries.async_reload(loaded.entry_id)
    await days.until("2026-11-27T20:30:00")
    await poll()
    assert emulator.mode_id == PAUSE
    assert await titles(hass) == [("2026-11-20T20:00", "Charging at 8 A")]
    await unplug(emulator, poll)
    assert await windows(hass) == []
    emulator.plug_in()
    await poll()
    await settle(hass)
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 16)


async def test_n19_a_window_that_is_over_goes_without_a_write(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
) -> None:
    """Beside other windows, one of a date goes when it ends, and an exception with its night; nothing is stored for that."""
    emulator.plug_in()
    await set_windows(hass, NIGHT | {"except": ["2026-11-21"]}, TONIGHT)
    key = f"{DOMAIN}.schedule.{loaded.entry_id}"
    await days.until("2026-11-20T22:00:01")
    assert await windows(hass) == [NIGHT | {"except": ["2026-11-21"]}]
    assert emulator.mode_id == PAUSE
    await days.until("2026-11-20T23:00:01")
    assert emulator.override_a == 10
    await days.until("2026-11-21T23:00:01")
    assert emulator.mode_id == PAUSE
    await days.until("2026-11-22T06:29:59")
    stored = hass_storage[key]
    assert await windows(hass) == [NIGHT | {"except": ["2026-11-21"]}]
    await days.until("2026-11-22T06:30:01")
    await poll()
    assert await windows(hass) == [NIGHT]
    assert hass_storage[key] is stored
    await days.until("2026-11-22T23:00:01")
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 10)


async def test_n19_not_this_monday(
    hass: HomeAssistant, page: Page, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days
) -> None:
    """One event that is deleted does not come, one that is changed comes as it is then, and the others are as they were."""
    emulator.plug_in()
    await set_windows(hass, NIGHT | {"mode": "smart", "energy": 20.0, "title": "Zoe at 10 A"})
    uid = "fri, sat, sun 23:00-06:30 10 smart 20000 Zoe at 10 A"
    one = {"uid": uid, "recurrence_range": ""}
    assert (await page.ask("delete", recurrence_id="20261120T230000", **one))["success"]
    changed = {
        "summary": "Zoe at 8 A",
        "dtstart": "2026-11-21T21:00:00",
        "dtend": "2026-11-22T01:00:00",
        # As another client than the page may send it.
        "rrule": "FREQ=WEEKLY;BYDAY=SA",
    }
    reply = await page.ask("update", recurrence_id="20261121T230000", event=changed, **one)
    assert reply["success"]
    await settle(hass)
    assert await titles(hass) == [
        ("2026-11-21T21:00", "Zoe at 8 A"),
        ("2026-11-22T23:00", "Zoe at 10 A"),
        ("2026-11-27T23:00", "Zoe at 10 A"),
        ("2026-11-28T23:00", "Zoe at 10 A"),
        ("2026-11-29T23:00", "Zoe at 10 A"),
    ]
    series, once = await windows(hass)
    assert series["except"] == ["2026-11-20", "2026-11-21"]
    assert once == {
        "date": "2026-11-21",
        "start": "21:00",
        "end": "01:00",
        "current": 8.0,
        "mode": "smart",
        "energy": 20.0,
        "title": "Zoe at 8 A",
    }
    await days.until("2026-11-20T23:00:01")
    assert emulator.mode_id == PAUSE
    await days.until("2026-11-21T21:00:01")
    assert emulator.override_a == 8
    await days.until("2026-11-22T01:00:01")
    assert emulator.mode_id == PAUSE


async def test_n19_the_window_that_lasts_is_deleted(
    hass: HomeAssistant, page: Page, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days
) -> None:
    """Deleting the event of now ends it at once, and nothing of its current stays."""
    emulator.plug_in()
    await set_windows(hass, NIGHT)
    await days.until("2026-11-21T02:00:00")
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 10)
    one = {"uid": "fri, sat, sun 23:00-06:30 10", "recurrence_id": "20261120T230000"}
    assert (await page.ask("delete", **one))["success"]
    await settle(hass)
    assert emulator.mode_id == PAUSE
    await days.until("2026-11-21T23:00:01")
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 10)


async def test_n19_changes_that_are_refused(hass: HomeAssistant, page: Page, days: Days) -> None:
    """What is over, or not there, cannot be drawn, changed or deleted, and nothing has changed."""
    await set_windows(hass, NIGHT)
    uid = "fri, sat, sun 23:00-06:30 10"
    past = ONCE | {"dtstart": "2026-11-20T09:00:00", "dtend": "2026-11-20T11:00:00"}
    late = ONCE | {"dtstart": "2027-11-30T09:00:00", "dtend": "2027-11-30T11:00:00"}
    for reply, words in (
        (
            await page.ask("create", event=past),
            "2026-11-20 09:00-11:00 of the schedule for SmartEVSE does not",
        ),
        (await page.ask("create", event=late), "more than a year ahead"),
        (await page.ask("delete", uid=uid, recurrence_id="20261115T230000"), "does not come any more"),
        (await page.ask("delete", uid=uid, recurrence_id="20261124T230000"), "no longer exists"),
        (await page.ask("delete", uid=uid, recurrence_id="Friday"), "no longer exists"),
        (
            await page.ask("update", uid=uid, recurrence_id="20261120T230000", event=past),
            "2026-11-20 09:00-11:00 of the schedule for SmartEVSE does not come any more",
        ),
    ):
        assert not reply["success"]
        assert words in reply["error"]["message"]
    assert await windows(hass) == [NIGHT]


async def test_n19_an_event_by_action(hass: HomeAssistant, page: Page, days: Days) -> None:
    """Home Assistant's own action for events draws a window, and refuses one that is over."""

    async def create(start: str, end: str) -> None:
        await hass.services.async_call(
            "calendar",
            "create_event",
            {
                "entity_id": "calendar.smartevse_charging_schedule",
                "summary": "6 A charging",
                "start_date_time": start,
                "end_date_time": end,
            },
            blocking=True,
        )

    await create("2026-12-24 23:00:00", "2026-12-25 06:00:00")
    found = [{"date": "2026-12-24", "start": "23:00", "end": "06:00", "current": 6.0}]
    assert await windows(hass) == found
    with pytest.raises(HomeAssistantError, match="does not come any more"):
        await create("2026-11-19 23:00:00", "2026-11-20 06:00:00")
    assert await windows(hass) == found


async def test_n19_a_start_in_weeks_is_shown(
    hass: HomeAssistant, page: Page, emulator: SmartEvseEmulator, read: Read
) -> None:
    """The next start and the calendar show a window in weeks."""
    await set_windows(hass, TONIGHT | {"date": "2026-12-24"})
    assert read("sensor.next_charging_start") == "2026-12-24T19:00:00+00:00"
    state = hass.states.get("calendar.smartevse_charging_schedule")
    assert state
    assert (state.state, state.attributes["start_time"]) == ("off", "2026-12-24 20:00:00")


async def test_n19_a_round_trip(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """What get_schedule returns is what set_schedule takes, also over a restart."""
    week = [
        NIGHT | {"except": ["2026-11-27", "2026-12-25"], "title": "Zoe at 10 A"},
        TONIGHT,
        {"date": "2026-12-24", "start": "00:00", "end": "00:00", "current": 0.0},
    ]
    answer = await set_windows(hass, *week)
    assert answer["windows"] == week
    assert await hass.config_entries.async_reload(loaded.entry_id)
    await settle(hass)
    assert await windows(hass) == week
    await set_windows(hass, *await windows(hass))
    assert await windows(hass) == week


async def test_n19_days_of_a_form(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """A form may leave the days, the date or the exceptions empty; without days and date a window comes every day."""
    await set_windows(
        hass,
        TONIGHT | {"days": [], "except": []},
        {"start": "01:00", "end": "02:00", "date": None, "except": "2026-11-23"},
    )
    once, daily = await windows(hass)
    assert once == TONIGHT
    assert (len(daily["days"]), daily["except"]) == (7, ["2026-11-23"])


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (
            {"date": "2026-11-19"},
            "2026-11-19 20:00-22:00 of the schedule for SmartEVSE does not come any more",
        ),
        ({"date": "2026-11-20", "start": "08:00", "end": "12:00"}, "does not come any more"),
        ({"date": "2026-02-30"}, "The field windows 1 date does not take 2026-02-30"),
        ({"date": "tomorrow"}, "The field windows 1 date does not take tomorrow"),
        ({"date": "9999-12-31"}, "more than a year ahead"),
        ({"date": "0001-01-01"}, "does not come any more"),
        ({"date": "2026-11-23", "days": ["mon"]}, "Set either days or date, not both"),
        ({"date": "2026-11-23", "except": ["2026-11-23"]}, "Set either except or date, not both"),
        ({"days": ["mon"], "except": ["2026-11-24"]}, "does not come on 2026-11-24 anyway"),
        ({"except": ["2026-11-24", "2026-13-01"]}, "The field windows 1 except 2 does not take 2026-13-01"),
        ({"except": ["2028-11-24"]}, "more than a year ahead"),
        ({"except": 7}, "The field windows 1 except"),
    ],
)
async def test_n19_bad_dates(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    window: dict[str, Any],
    words: str,
) -> None:
    """A date that cannot be is refused in a sentence, and nothing has changed."""
    emulator.plug_in()
    await set_windows(hass, NIGHT)
    with pytest.raises(ServiceValidationError) as refusal:
        await set_windows(hass, {"start": "20:00", "end": "22:00"} | window)
    assert words in str(refusal.value)
    assert await windows(hass) == [NIGHT]


async def test_n19_hundreds_of_dates(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """More windows, or exceptions, than anybody oversees are refused."""
    await set_windows(hass, NIGHT)
    dates = [f"2027-{month:02}-{day:02}" for month in range(1, 11) for day in range(1, 29)]
    with pytest.raises(ServiceValidationError, match="more than 200 windows"):
        await set_windows(hass, *(TONIGHT | {"date": day} for day in dates))
    last = TONIGHT | {"date": "9999-12-31"}
    with pytest.raises(ServiceValidationError, match="more than a year ahead"):
        await set_windows(hass, last, last | {"mode": "smart"})
    with pytest.raises(ServiceValidationError, match="more than 366 exceptions"):
        await set_windows(hass, *({"start": "20:00", "end": "22:00", "except": dates} for _ in range(2)))
    assert await windows(hass) == [NIGHT]
