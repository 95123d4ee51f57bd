"""Windows that come once, and dates on which a window does not come."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.emulators.smartevse import NORMAL, PAUSE, SmartEvseEmulator

from .clock import Days
from .conftest import Poll
from .test_schedule import act, loaded, settle

__all__ = ["loaded"]

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
