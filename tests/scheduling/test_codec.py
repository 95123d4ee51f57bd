"""Schedules in the words of the actions and of the storage."""

from datetime import time
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

from .strategies import SCHEDULES

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
