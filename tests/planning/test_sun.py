"""Plans that count on the sun: it comes first, and no deadline is missed because it does not come."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from random import Random

import pytest

from custom_components.evse_pilot.control.expected_sun import ExpectedSun, SunPower
from custom_components.evse_pilot.planning.plan import START_WORTH_WH, Plan, Why, plan, replan
from custom_components.evse_pilot.planning.segments import whole

from .test_plan import HOUR, NOW, POWER_W, at, hourly, slots, task


def sun(*kilowatts: float, least_kw: float = 1.4) -> ExpectedSun:
    """Return the sun of the hours from now on."""
    return ExpectedSun(
        powers=tuple(
            SunPower(start=at(index), end=at(index + 1), power_w=each * 1000)
            for index, each in enumerate(kilowatts)
            if each
        ),
        least_w=least_kw * 1000,
    )


def test_only_what_the_sun_does_not_give_is_planned() -> None:
    """The sun comes first, and the rest is taken where it is cheapest."""
    made = plan(task(6, 18, 0.1, 0.3, 0.3, 0.3, 0.3, 0.3, sun=sun(0, 0, 4, 4, 2, 0)))
    assert slots(made) == [(0, 0.8)]
    assert [made.energy_wh, made.sun_wh, made.cost] == pytest.approx([8000, 10000, 0.8])
    assert made.why is Why.CHEAPEST


def test_sun_that_is_enough() -> None:
    """Nothing is planned while the sun is expected to be enough, with or without prices."""
    for prices in ((), (0.1,) * 6):
        made = plan(task(6, 18, *prices, sun=sun(0, 5, 5, 5, 5)))
        assert (made.slots, made.sun_wh, made.energy_wh) == ((), 18000, 0)
        assert (made.why, made.feasible) == (Why.SUN, True)


def test_sun_after_the_deadline_does_not_count() -> None:
    """What comes too late is none."""
    made = plan(task(2, 10, 0.1, 0.1, 0.1, 0.1, sun=sun(0, 0, 8, 8)))
    assert [made.energy_wh, made.sun_wh] == pytest.approx([10000, 0])


def test_sun_that_is_too_little_makes_its_hours_cheaper() -> None:
    """A car that waits has none of what is less than its least; one that charges then has it for nothing."""
    made = plan(task(3, 5, 0.3, 0.3, 0.3, sun=sun(0, 1, 0)))
    assert slots(made) == [(1, 1.5)]
    assert [made.energy_wh, made.sun_wh, made.cost] == pytest.approx([5000, 0, 0.3 * 4.5])


def test_sun_in_the_planned_hours() -> None:
    """An hour in which the car charges anyway costs less by what the sun gives."""
    made = plan(task(2, 20, 0.3, 0.3, sun=sun(0, 4)))
    assert slots(made) == [(0, 2)]
    assert [made.energy_wh, made.sun_wh, made.cost] == pytest.approx([20000, 0, 0.3 * 16])
    assert made.feasible


def test_more_sun_than_a_car_takes() -> None:
    """A car takes no more than its power, also of the sun."""
    made = plan(task(3, 25, 0.1, 0.3, 0.3, sun=sun(0, 14, 14)))
    assert slots(made) == [(0, 0.5)]
    assert made.sun_wh == pytest.approx(20000, abs=5)


def test_at_once_and_below_a_ceiling() -> None:
    """What is charged at once, or below a ceiling, comes before the sun, which then gives less of the rest."""
    at_once = plan(task(4, 12, 0.3, 0.3, 0.3, 0.1, at_once_wh=5000, sun=sun(4, 4, 0, 0)))
    assert slots(at_once) == [(0, 0.5), (3, 3.1)]
    assert at_once.sun_wh == pytest.approx(6000)
    ceiling = plan(task(4, 12, 0.3, 0.1, 0.3, 0.3, ceiling=0.15, sun=sun(0, 4, 2, 0)))
    assert slots(ceiling) == [(1, 2)]
    assert [ceiling.cost, ceiling.sun_wh] == pytest.approx([0.6, 2000])
    assert ceiling.why is Why.BELOW_CEILING


def test_without_prices_the_sun_is_waited_for() -> None:
    """Without prices the rest is taken as late as is safe."""
    made = plan(task(6, 12, sun=sun(4, 4)))
    assert slots(made) == [(5.6, 6)]
    assert made.why is Why.NO_PRICES


def test_not_enough_time_even_with_the_sun() -> None:
    """A car that is late charges whenever it may, and is late."""
    made = plan(task(2, 30, 0.1, 0.1, sun=sun(0, 8)))
    assert slots(made) == [(0, 2)]
    assert (made.why, made.feasible) == (Why.NOT_ENOUGH_TIME, False)


def test_a_little_less_sun_changes_nothing() -> None:
    """A plan stays for what a start costs, and is made anew for more; so it does for a little more sun."""
    prices = (0.1, 0.2, 0.3, 0.3, 0.3, 0.3)
    first = plan(task(6, 18, *prices, sun=sun(0, 0, 4, 4, 2)))
    less = task(6, 18, *prices, sun=sun(0, 0, 3.8, 3.95, 2))
    assert replan(less, first) is first
    much_less = task(6, 18, *prices, sun=sun(0, 0, 3, 3, 2))
    assert slots(replan(much_less, first)) == [(0, 1)]
    enough = plan(task(6, 10, *prices, sun=sun(0, 0, 4, 4, 1.9)))
    assert enough.why is Why.SUN
    assert plan(task(6, 10, *prices, sun=sun(0, 0, 4, 4, 1.6))).why is not Why.SUN


@pytest.mark.parametrize("seed", range(12))
def test_no_other_hours_are_cheaper(seed: int) -> None:
    """No choice of whole hours that gives the energy costs less, starts included."""
    random = Random(seed)
    hours = 7
    prices = [random.uniform(0.01, 0.4) for _ in range(hours)]
    kilowatts = [random.choice((0, 0.8, 2.5, 6, 12)) for _ in range(hours)]
    energy_kwh = random.uniform(5, 55)
    made = plan(task(hours, energy_kwh, *prices, starts=hours, sun=sun(*kilowatts)))
    start_cost = START_WORTH_WH / 1000 * sum(map(abs, prices)) / hours
    best = float("inf")
    for chosen in product((False, True), repeat=hours):
        given = [10 if on else min(10, kw) * (kw >= 1.4) for on, kw in zip(chosen, kilowatts, strict=True)]
        if sum(given) < energy_kwh:
            continue
        cost = sum(
            price * max(0, 10 - kw) for on, price, kw in zip(chosen, prices, kilowatts, strict=True) if on
        )
        starts = sum(on and not before for before, on in zip((False, *chosen), chosen, strict=False))
        best = min(best, cost + starts * start_cost)
    if best == float("inf"):
        assert not made.feasible
        return
    assert made.cost is not None
    assert made.cost + len(made.slots) * start_cost <= best + 0.01 * abs(best) + 0.005


@pytest.mark.parametrize("comes", [0.0, 0.4, 1.0, 1.5])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_deadline_is_missed(seed: int, comes: float) -> None:
    """A car has its energy in time whatever comes of the sun, as long as its plan is looked at now and then."""
    random = Random(seed)
    hours, step = 10, HOUR / 6
    kilowatts = [random.choice((0, 1, 3, 6, 9)) for _ in range(hours)]
    energy_wh = random.uniform(10_000, 90_000)
    expected = sun(*kilowatts)
    prices = hourly(*(random.uniform(0.1, 0.4) for _ in range(hours)))
    now, deadline, charged_wh, starts = NOW, at(hours), 0.0, 0
    made: Plan | None = None
    charges = False
    while now < deadline:
        made = replan(
            task(
                hours,
                (energy_wh - charged_wh) / 1000,
                now=now,
                spans=whole(now, deadline, POWER_W),
                prices=prices,
                starts=max(0, 2 - starts),
                is_charging=charges,
                spare=2 * step,
                sun=expected,
            ),
            made,
        )
        starts += made.slot_at(now) is not None and not charges
        charges = made.slot_at(now) is not None
        power_w = POWER_W if charges else _given_w(kilowatts, now, comes)
        charged_wh = min(energy_wh, charged_wh + power_w * step / HOUR)
        now += step
    assert charged_wh >= energy_wh - START_WORTH_WH


def _given_w(kilowatts: Sequence[float], now: datetime, comes: float) -> float:
    """Return what the sun really gives to a car that waits."""
    given_w = min(POWER_W, kilowatts[(now - NOW) // HOUR] * 1000 * comes)
    return given_w if given_w >= 1400 else 0.0
