"""The days of a roof by which the laws of charging by the sun are judged."""

from dataclasses import replace
from typing import Any

import pytest

from .sun_bound import most_used
from .sun_days import BEGIN_S, END_S, MOST_A, VOLTS, Plant, SunDay, sun_day, sun_table, sun_total
from .sun_laws import SUN_LAWS, Evcc, Ours, Peer

# A day is half of one second by second; an hour of it is enough to see what a law does.
HOUR_S = 3600


def _hour(sun_w: list[float], **changes: Any) -> SunDay:
    """Return a quiet hour with so much of the sun in each second."""
    day = SunDay(
        roof_w=sun_w,
        house_w=[0.0] * len(sun_w),
        phases=1,
        can_switch=False,
        step_a=0.1,
        meter_every_s=5,
        follows_s=2,
        wakes_s=10,
    )
    return replace(day, **changes)


def test_days_are_the_same_each_time_and_different() -> None:
    """A number is a day."""
    assert sun_day(3) == sun_day(3)
    assert sun_day(3) != sun_day(4)
    assert len(sun_day(3).roof_w) == END_S - BEGIN_S


@pytest.mark.parametrize("name", SUN_LAWS)
def test_each_law_charges_with_a_steady_sun(name: str) -> None:
    """All of them use most of it, start once, and take nothing of the grid once they have settled."""
    day = _hour([2300.0] * HOUR_S)
    score = Plant(day, SUN_LAWS[name](day)).live()
    assert score.starts == 1
    assert score.used > 0.8
    assert score.grid < 0.02
    assert score.possible_wh == pytest.approx(2300)


def test_the_judge_knows_the_grid() -> None:
    """A car that draws all that it can from half of that has half of it from the grid."""

    class Always(Peer):
        every_s = 60

        def tick(self, t: float) -> None:
            """Offer all."""
            self.offer_a = MOST_A

    day = _hour([MOST_A * VOLTS / 2] * HOUR_S)
    score = Plant(day, Always(day)).live()
    assert score.grid == pytest.approx(0.5)
    assert score.used == pytest.approx(1, abs=0.01)


def test_ours_never_switches_phases_under_load() -> None:
    """Where evcc leaves it to the box to stop the car."""
    sun_w = ([7000.0] * 600 + [2500.0] * 600) * 3
    day = _hour(sun_w, phases=3, can_switch=True)
    ours, evcc = (Plant(day, make(day)).live() for make in (Ours, Evcc))
    assert ours.switches >= 4
    assert ours.under_load == 0
    assert evcc.under_load > 0
    assert ours.grid < evcc.grid


def test_table() -> None:
    """A row for each law."""
    day = _hour([3000.0] * 600)
    score = Plant(day, Evcc(day)).live()
    total = sun_total([score, score])
    assert (total.days, total.starts) == (2, 2 * score.starts)
    assert "| evcc | 2 |" in sun_table({"evcc": total})


def test_no_law_uses_more_than_any_could() -> None:
    """Nor does one that draws more from the grid."""
    bounds = [most_used([3], part) for part in (0.0, 0.03, 1.0)]
    assert bounds == sorted(bounds)
    assert bounds[-1] == pytest.approx(1)
    day = sun_day(3)
    score = Plant(day, Ours(day)).live()
    assert 0.5 < score.used < most_used([3], score.grid)
