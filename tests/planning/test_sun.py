"""Plans that count on the sun: it comes first, and no deadline is missed because it does not come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
import math
from random import Random

import pytest

from custom_components.evse_pilot.control.expected_sun import ExpectedSun, SunPower
from custom_components.evse_pilot.planning.plan import START_WORTH_WH, Plan, Task, Why, plan, replan
from custom_components.evse_pilot.planning.segments import whole

from .nights import MIDNIGHT, curve
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
                starts=2 - starts,
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


def test_start_too_many_is_the_last_one() -> None:
    """It waits until the sun is over, and does not count on it; the latest time that is safe comes before that."""
    prices = (0.1, 0.1, 0.1, 0.3, 0.2, 0.2)
    short = task(6, 12, *prices, starts=0, sun=sun(0, 4, 4))
    assert slots(plan(short)) == [(4, 5.2)]
    assert slots(plan(replace(short, starts=1))) == [(0, 0.4)]
    assert slots(plan(replace(short, energy_wh=7900.0))) == []
    assert slots(plan(replace(short, energy_wh=45_000.0))) == [(1.5, 6)]
    late = replace(short, starts=-1, is_charging=True)
    assert slots(plan(late)) == [(0, 1.2)]


# What comes of a forecast, by the hour of the day and by chance
COMES: Mapping[str, Callable[[float, Random], float]] = {
    "none": lambda hour, random: 0.0,
    "less": lambda hour, random: 0.6,
    "more": lambda hour, random: 1.3,
    "late": lambda hour, random: float(hour > 12),
    "clouds": lambda hour, random: random.uniform(0, 1.3),
}


@pytest.mark.parametrize("comes", COMES)
@pytest.mark.parametrize("seed", range(5))
def test_starts_are_few_whatever_the_sun_gives(seed: int, comes: str) -> None:
    """Two starts, and one more for a sun that gives less than was expected; a forecast that wavers makes no others."""
    random = Random(f"{seed} {comes}")
    step, power_w = timedelta(minutes=10), random.choice((3700.0, 7400.0, 11000.0))
    peak_w, trust = random.uniform(1500, 9000), 0.7
    now = MIDNIGHT + timedelta(minutes=random.randint(6 * 60, 14 * 60))
    deadline = now + timedelta(minutes=random.randrange(4 * 60, 30 * 60, 5))
    energy_wh = random.uniform(3000, min(60_000, 0.9 * power_w * ((deadline - now) / HOUR)))
    prices = curve(random, days=3)
    charged_wh, starts, charges = 0.0, 0, False
    made: Plan | None = None
    while now < deadline and energy_wh - charged_wh > 20:
        trust = min(1.1, max(0.3, trust + random.gauss(0, 0.03)))
        expected = ExpectedSun(
            powers=tuple(
                SunPower(start=start, end=start + HOUR, power_w=trust * _clear_w(start, peak_w))
                for start in (now.replace(minute=0) + index * HOUR for index in range(32))
            ),
            least_w=1400,
        )
        made = replan(
            Task(
                now=now,
                deadline=deadline,
                energy_wh=energy_wh - charged_wh,
                spans=whole(now, deadline, power_w),
                prices=prices,
                starts=2 - starts,
                is_charging=charges,
                spare=2 * step,
                reserve=0.03,
                sun=expected,
            ),
            made,
        )
        starts += made.slot_at(now) is not None and not charges
        charges = made.slot_at(now) is not None
        sun_w = _clear_w(now, peak_w) * COMES[comes](now.hour, random)
        given_w = power_w if charges else sun_w if sun_w >= 1400 else 0.0
        charged_wh = min(energy_wh, charged_wh + min(power_w, given_w) * (step / HOUR))
        now += step
    assert charged_wh >= energy_wh - START_WORTH_WH
    assert starts <= 3


def _clear_w(at: datetime, peak_w: float) -> float:
    """Return the power of a roof under a clear sky."""
    return (
        max(0.0, peak_w * math.sin((at.hour + at.minute / 60 - 7) / 11 * math.pi))
        if 7 <= at.hour < 18
        else 0.0
    )


def _given_w(kilowatts: Sequence[float], now: datetime, comes: float) -> float:
    """Return what the sun really gives to a car that waits."""
    given_w = min(POWER_W, kilowatts[(now - NOW) // HOUR] * 1000 * comes)
    return given_w if given_w >= 1400 else 0.0
