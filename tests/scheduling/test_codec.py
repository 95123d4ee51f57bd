"""Schedules in the words of the actions and of the storage."""

from datetime import date, time
from typing import Any

from hypothesis import given
import pytest

from custom_components.evse_pilot.scheduling.codec import (
    schedule_from_dict,
    schedule_to_dict,
    window_from_dict,
    window_to_dict,
)
from custom_components.evse_pilot.scheduling.schedule import Permit, Schedule, Weekday, Window

from .strategies import SCHEDULES, with_dates

FULL = {
    "days": ["mon", "sun"],
    "start": "23:00",
    "end": "06:30",
    "current": 10.0,
    "mode": "smart",
    "phases": 1,
    "energy": 7.5,
    "title": "The night",
}


@given(SCHEDULES)
def test_every_schedule_survives(schedule: Schedule) -> None:
    """A schedule that is written is the same when it is read."""
    assert schedule_from_dict(schedule_to_dict(schedule)) == schedule


def test_all_parts_of_a_window() -> None:
    """Each part of a window is written and read, an energy in kWh."""
    window = window_from_dict(FULL)
    assert window == Window(
        days=frozenset({Weekday.MONDAY, Weekday.SUNDAY}),
        start=time(23),
        end=time(6, 30),
        permit=Permit(current_a=10, mode="smart", phases=1, energy_wh=7500),
        title="The night",
    )
    assert window_to_dict(window) == FULL


def test_n19_dates_of_a_window() -> None:
    """A window of a date has no days, and the dates on which one does not come are in order."""
    once = {"date": "2026-12-24", "start": "23:00", "end": "06:30", "current": 10.0, "title": "Zoe"}
    window = window_from_dict(once)
    assert (window.day, window.days) == (date(2026, 12, 24), frozenset())
    assert window_to_dict(window) == once
    skips = FULL | {"except": ["2026-12-20", "2026-12-28"]}
    window = window_from_dict(skips)
    assert window.exceptions == {date(2026, 12, 20), date(2026, 12, 28)}
    assert window_to_dict(window) == skips
    # A form gives dates as objects.
    form = skips | {"except": [date(2026, 12, 28), date(2026, 12, 20)]}
    assert window_from_dict(form) == window


@given(with_dates(date(2026, 3, 1), date(2027, 2, 28)))
def test_n19_every_date_survives(schedule: Schedule) -> None:
    """A schedule with dates that is written is the same when it is read."""
    assert schedule_from_dict(schedule_to_dict(schedule)) == schedule


def test_times_of_a_form() -> None:
    """A form gives times as objects."""
    assert window_from_dict(FULL | {"start": time(23)}).start == time(23)


@pytest.mark.parametrize(
    "bad",
    [
        {"windows": [FULL | {"days": ["noday"]}]},
        {"windows": [FULL | {"start": "25:00"}]},
        {"windows": [FULL | {"current": "much"}]},
        {"windows": [FULL | {"energy": []}]},
        {"windows": [FULL | {"title": 5}]},
        {"windows": [FULL | {"date": "2026-12-24"}]},
        {"windows": [FULL | {"days": [], "date": "2026-02-30"}]},
        {"windows": [FULL | {"except": "2026-12-24"}]},
        {"windows": [FULL | {"except": ["2026-12-24", None]}]},
        {"windows": [{}]},
        {"windows": None},
        {"outside": "sometimes"},
    ],
)
def test_what_means_no_schedule(bad: dict[str, Any]) -> None:
    """What cannot be read raises one of the errors that a reader of stored data expects."""
    good = {"windows": [FULL], "outside": "paused", "enabled": True}
    assert schedule_from_dict(good).windows
    with pytest.raises((KeyError, TypeError, ValueError)):
        schedule_from_dict(good | bad)
