"""A session as data, in the words of the storage and of the actions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.evse_pilot.sessions.session import (
    FIELDS,
    ChargingSession,
    Ending,
    session_from_dict,
    session_to_dict,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
BEGIN = datetime(2026, 11, 20, 17, tzinfo=UTC)
SESSION = ChargingSession(
    begin=BEGIN,
    end=BEGIN + timedelta(hours=13),
    ending=Ending.UNPLUGGED,
    energy_wh=22_345.6,
    sun_wh=9_876.5,
    charging_s=7260.0,
    peak_w=11_040.0,
    phases=3,
    card="04A1B2C3D4E5F6",
    cost=5.123,
    currency="EUR",
)


def test_in_the_words_of_the_actions() -> None:
    """With units in the names, rounded to what means something, in the time of the house."""
    assert SESSION.as_dict(AMSTERDAM) == {
        "begin": "2026-11-20T18:00:00+01:00",
        "end": "2026-11-21T07:00:00+01:00",
        "ended_by": "unplugged",
        "energy_kwh": 22.346,
        "energy_estimated": False,
        "sun_kwh": 9.877,
        "duration_minutes": 780.0,
        "charging_minutes": 121.0,
        "peak_power_kw": 11.04,
        "mean_power_kw": 11.08,
        "phases": 3,
        "card": "04A1B2C3D4E5F6",
        "cost": 5.12,
        "currency": "EUR",
        "cost_complete": True,
    }
    assert "04A1" not in repr(SESSION)
    assert tuple(SESSION.as_dict(AMSTERDAM)) == FIELDS


def test_what_is_not_known_is_nothing() -> None:
    """Of a session that has just begun, at a charger without a meter and a price."""
    words = ChargingSession(begin=BEGIN).as_dict(AMSTERDAM)
    assert {key for key, value in words.items() if value is not None} == {
        *("begin", "energy_estimated", "charging_minutes"),
    }


def test_the_sun_is_no_more_than_all_of_it() -> None:
    """Another meter counts it."""
    assert replace(SESSION, sun_wh=23_000.0).as_dict(AMSTERDAM)["sun_kwh"] == 22.346
    assert replace(SESSION, energy_wh=None).as_dict(AMSTERDAM)["sun_kwh"] == 9.877


@pytest.mark.parametrize(
    ("begin", "minutes"),
    [
        # The clocks go back, and forward, in Amsterdam.
        (datetime(2026, 10, 24, 20, tzinfo=AMSTERDAM), 13 * 60),
        (datetime(2027, 3, 27, 20, tzinfo=AMSTERDAM), 11 * 60),
        (datetime(2026, 12, 31, 20, tzinfo=AMSTERDAM), 12 * 60),
    ],
)
def test_durations_over_a_year_of_daylight_saving(begin: datetime, minutes: float) -> None:
    """From eight in the evening to eight in the morning is not always twelve hours."""
    end = (begin + timedelta(days=1)).replace(hour=8)
    session = ChargingSession(begin=begin.astimezone(UTC), end=end.astimezone(UTC))
    words = session.as_dict(AMSTERDAM)
    assert words["duration_minutes"] == minutes
    assert (words["begin"][11:16], words["end"][11:16]) == ("20:00", "08:00")


@pytest.mark.parametrize("session", [SESSION, ChargingSession(begin=BEGIN)])
def test_stored_and_read_again(session: ChargingSession) -> None:
    """Nothing is lost."""
    assert session_from_dict(session_to_dict(session)) == session


@pytest.mark.parametrize("key", ["energy_wh", "peak_w", "phases", "card", "cost", "currency", "charging_s"])
@pytest.mark.parametrize("value", [None, [], {}, "x" * 70, -1e30, float("nan"), True])
def test_a_stored_part_that_makes_no_sense_is_not_known(key: str, value: Any) -> None:
    """The rest of the session is kept."""
    session = session_from_dict(session_to_dict(SESSION) | {key: value})
    assert getattr(session, key) in (None, 0.0)
    assert session.begin == BEGIN


def test_an_end_is_never_before_the_beginning() -> None:
    """Not with a clock that was set back, nor in an edited file."""
    stored = session_to_dict(SESSION) | {"end": "2020-01-01T00:00:00+00:00"}
    assert session_from_dict(stored).duration_s == 0


@pytest.mark.parametrize(
    "stored", [{}, {"begin": None}, {"begin": 5}, {"begin": "2026-11-20", "ending": "x"}]
)
def test_what_is_no_session(stored: dict[str, Any]) -> None:
    """Without a beginning, or with an ending that is none."""
    with pytest.raises((ValueError, LookupError)):
        session_from_dict(stored)
