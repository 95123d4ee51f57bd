"""What the counters of a charger show between two readings, whatever the clock shows."""

from datetime import timedelta
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.evse_pilot.sessions.registers import Registers

from .box import NOON

HOUR_S = 3600.0
# The most that any circuit gives in an hour, and the last digit of a counter.
FULL_WH, DIGIT_WH = 60_000.0, 100.0
HALF_A_DAY_WH = 12 * FULL_WH + DIGIT_WH


def at(seconds: float, **counters: Any) -> Registers:
    """Return what is shown so many seconds after noon."""
    return Registers(at=NOON + timedelta(seconds=seconds), **counters)


# Energy that is plausible


@given(st.integers(0, 10**9), st.floats(0, 90_000), st.integers(0, 2 * 10**6))
def test_a_counter_grows_no_faster_than_any_circuit_gives(
    total_wh: int, passed_s: float, gained: int
) -> None:
    """More than that is the jump of another meter, and nothing of it went into the car."""
    before = at(0, total_wh=float(total_wh))
    now = at(passed_s, total_wh=float(total_wh + gained))
    possible_wh = FULL_WH * now.passed_s(before) / 3600 + DIGIT_WH
    assert now.total_gain_wh(before) == (gained if gained <= possible_wh else None)
    assert now.gain_wh(before) == (gained if gained <= possible_wh else 0)


@pytest.mark.parametrize(
    ("passed_s", "is_stored", "most_wh"),
    [
        (HOUR_S, False, FULL_WH + DIGIT_WH),
        # The clock may have been set while Home Assistant was off, and was set back where it shows less than before.
        (HOUR_S, True, HALF_A_DAY_WH),
        (-1.0, False, HALF_A_DAY_WH),
        # It shows more than half a day: so much has passed, as far as anything shows.
        (24 * HOUR_S, True, 24 * FULL_WH + DIGIT_WH),
        (0.0, False, DIGIT_WH),
    ],
)
def test_half_a_day_may_have_passed_that_the_clock_does_not_show(
    passed_s: float, is_stored: bool, most_wh: float
) -> None:
    """What is gained in it is the car's; no more."""
    before = at(0, total_wh=5e6, is_stored=is_stored)
    assert at(passed_s, total_wh=5e6 + most_wh).total_gain_wh(before) == most_wh
    assert at(passed_s, total_wh=5e6 + most_wh + 1).total_gain_wh(before) is None


def test_a_total_that_is_lower_is_not_known() -> None:
    """A meter was reset or exchanged."""
    assert at(5, total_wh=10.0).total_gain_wh(at(0, total_wh=11.0)) is None
    assert at(5, total_wh=10.0).total_gain_wh(at(0)) is None
    assert at(5).total_gain_wh(at(0, total_wh=10.0)) is None


@pytest.mark.parametrize(
    ("before_wh", "now_wh", "gained_wh"),
    [
        (4000.0, 4010.0, 10.0),
        # A last digit less is rounding
        (4000.0, 3900.0, 0.0),
        (500.0, 450.0, 0.0),
        # It began again
        (4000.0, 60.0, 60.0),
        (500.0, 44.0, 44.0),
        (4000.0, None, None),
        (None, 60.0, None),
        # More than any circuit gives in five seconds
        (4000.0, 4500.0, None),
    ],
)
def test_what_a_session_gained(
    before_wh: float | None, now_wh: float | None, gained_wh: float | None
) -> None:
    """The counter of a session goes on, or begins again from 0."""
    assert at(5, session_wh=now_wh).session_gain_wh(at(0, session_wh=before_wh)) == gained_wh


@pytest.mark.parametrize(
    ("now", "gained_wh"),
    [
        # The total is what went into the car, whatever the session shows
        ({"total_wh": 1010.0, "session_wh": 120.0}, 10.0),
        ({"total_wh": 1000.0, "session_wh": 120.0}, 0.0),
        # Where it is not known, or not plausible, the session's is
        ({"session_wh": 120.0}, 20.0),
        ({"total_wh": 9.0, "session_wh": 120.0}, 20.0),
        ({"total_wh": 9.0}, 0.0),
        ({}, 0.0),
    ],
)
def test_one_counter_stands_in_for_the_other(now: dict[str, float], gained_wh: float) -> None:
    """The energy of a reading is the total's, else the session's, else none."""
    assert at(5, **now).gain_wh(at(0, total_wh=1000.0, session_wh=100.0)) == gained_wh


@pytest.mark.parametrize(
    ("passed_s", "is_stored", "gained_wh", "hidden_s"),
    [
        # An hour at 10 kW and a digit, of which the clock shows 600 s
        (600.0, True, 10_100.0, 3000.0),
        # It went back: none of the hour is shown
        (-600.0, False, 10_100.0, 3600.0),
        # All of it is shown, or more
        (3600.0, True, 10_100.0, 0.0),
        (7200.0, True, 10_100.0, 0.0),
        # The clock was not set
        (600.0, False, 10_100.0, 0.0),
        # A digit may be no energy at all
        (-600.0, False, 100.0, 0.0),
        (-600.0, False, 50.0, 0.0),
    ],
)
def test_the_time_that_the_clock_does_not_show(
    passed_s: float, is_stored: bool, gained_wh: float, hidden_s: float
) -> None:
    """It is what the energy took at its power, less what the clock shows."""
    assert at(passed_s).hidden_s(at(0, is_stored=is_stored), gained_wh, 10_000.0) == hidden_s


# Which session it is


@pytest.mark.parametrize(
    ("before", "now", "differ"),
    [
        # The number decides where both have one
        ({"number": 7, "session_wh": 5.0}, {"number": 7, "session_wh": 9.0}, False),
        ({"number": 7, "session_wh": 5.0}, {"number": 8, "session_wh": 5.0}, True),
        # Else the energy
        ({"number": 7, "session_wh": 5.0}, {"session_wh": 5.0}, False),
        ({"session_wh": 5.0}, {"number": 7, "session_wh": 9.0}, True),
        ({"session_wh": 5.0}, {}, False),
        ({}, {"session_wh": 5.0}, False),
    ],
)
def test_another_session(before: dict[str, Any], now: dict[str, Any], differ: bool) -> None:
    """It has another number, or without numbers another energy."""
    assert at(5, **now).differ(at(0, **before)) is differ


@pytest.mark.parametrize(
    ("total_wh", "session_wh", "is_lost"),
    [
        # The two counters of a charger differ by 300 Wh
        (5000.0, 4700.0, False),
        (5000.0, 4699.0, True),
        # Or by a twentieth of more energy
        (20_000.0, 19_000.0, False),
        (20_000.0, 18_999.0, True),
        (None, 4000.0, False),
        (20_000.0, None, False),
    ],
)
def test_a_session_in_between(total_wh: float | None, session_wh: float | None, is_lost: bool) -> None:
    """Over an absence the total has grown by more than the session that is shown."""
    before = at(0, total_wh=0.0, session_wh=0.0)
    assert at(HOUR_S, total_wh=total_wh, session_wh=session_wh).lost_a_session(before) is is_lost


@pytest.mark.parametrize(
    ("before", "now", "own_wh"),
    [
        # A new session that counts for itself, as far as the total has grown
        ({"session_wh": 900.0}, {"total_wh": 1050.0, "session_wh": 40.0}, 40.0),
        ({"session_wh": 900.0}, {"total_wh": 1030.0, "session_wh": 40.0}, 30.0),
        ({"session_wh": 900.0}, {"session_wh": 40.0}, 40.0),
        ({"session_wh": 0.0}, {"total_wh": 1050.0, "session_wh": 0.0}, 0.0),
        # Still the energy of the session before: the total's, unless the number is another's already
        ({"session_wh": 900.0}, {"total_wh": 1050.0, "session_wh": 900.0}, 50.0),
        ({"session_wh": 900.0, "number": 7}, {"total_wh": 1050.0, "session_wh": 900.0, "number": 7}, 50.0),
        ({"session_wh": 900.0, "number": 7}, {"total_wh": 1050.0, "session_wh": 900.0, "number": 8}, 0.0),
        # A charger without a counter of the session
        ({}, {"total_wh": 1050.0}, 50.0),
        ({"number": 7}, {"total_wh": 1050.0}, 50.0),
        ({}, {}, 0.0),
    ],
)
def test_what_a_session_has_that_began_since(
    before: dict[str, Any], now: dict[str, Any], own_wh: float
) -> None:
    """The energy before it was read first is its own, and not the one of the session before."""
    assert at(5, **now).own_wh(at(0, total_wh=1000.0, **before)) == own_wh


def test_a_number_is_kept_while_none_is_shown() -> None:
    """Some chargers show it in some answers only."""
    before = at(0, number=7)
    assert at(5).after(before) == at(5, number=7)
    assert at(5, number=8).after(before) == at(5, number=8)


@pytest.mark.parametrize(
    ("before_wh", "now_wh", "fell"),
    [(900.0, 40.0, True), (900.0, 850.0, False), (900.0, None, False), (None, 40.0, False)],
)
def test_a_session_that_began_again(before_wh: float | None, now_wh: float | None, fell: bool) -> None:
    """Its energy is lower by more than is rounded; one that is not shown is no lower."""
    assert at(5, session_wh=now_wh).fell(at(0, session_wh=before_wh)) is fell


def test_one_counter_is_enough_to_be_known() -> None:
    """A number counts nothing."""
    assert at(0, total_wh=0.0).are_known
    assert at(0, session_wh=0.0).are_known
    assert not at(0, number=7).are_known


# What is stored


def test_stored_and_read_again() -> None:
    """What was read before a restart is the same, from a clock that may have been set since."""
    known = at(0, total_wh=1e9, session_wh=1e9, number=2**63)
    again = Registers.from_dict(json.loads(json.dumps(known.as_dict())))
    assert again == known
    assert (known.is_stored, again.is_stored) == (False, True)
    nothing = at(0, total_wh=0.0, session_wh=0.0, number=0)
    assert Registers.from_dict(nothing.as_dict()) == nothing


@pytest.mark.parametrize(
    "stored",
    [
        {"total_wh": 1e9 + 1, "session_wh": 1e9 + 1, "number": 2**63 + 1},
        {"total_wh": -0.1, "session_wh": -0.1, "number": -1},
        {},
    ],
)
def test_what_no_charger_counts_is_not_known(stored: dict[str, Any]) -> None:
    """More than 1 GWh, or less than nothing, was not stored by us."""
    assert Registers.from_dict({"at": NOON.isoformat(), **stored}) == at(0)
