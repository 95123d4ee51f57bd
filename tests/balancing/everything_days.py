"""Random days with everything on: the house of a random day, with a roof, a battery, sub-boards, tariffs, and a person's hand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
import math
from random import Random

from custom_components.evse_pilot.balancing.law.model import Ceiling, Strategy
from custom_components.evse_pilot.balancing.sun.model import SunMode

from .days import DAY_S, HOUR_S, HOUSE_AT_MOST, NOON_S, VOLTS, CarKind, Day, Spans, changes_of, random_day
from .peak_days import LEAST_TARGET_W, LENGTHS_S, most_w
from .sun_days import BEGIN_S, roof_of
from .world import LEAST_A

# A roof that changes by less has not changed.
_SHINES_W = 60.0
# Bounds of the difference between phases: 4.6 kVA, 3.7 kVA.
_UNBALANCES_A = (20.0, 16.0)
# What an operator must leave to the cars.
_DIMMED_W = 4200.0

type Changes = list[tuple[float, int, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryCar(CarKind):
    """A car with its habits, at a charger that may switch its phases."""

    # It draws nothing from a lower offer, and sleeps until it is plugged in again after a pause of so long.
    needs_a: float
    sleeps_after_s: float
    can_switch: bool
    # So long its charger takes to switch; without end: it refuses.
    switches_s: float
    mode: SunMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A sub-board with chargers: `changes` are those of its other loads, which only one with a meter has."""

    id: str
    fuse_a: float
    margin_a: float
    members: frozenset[int]
    meter_every_s: float | None
    meter_down: Spans
    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeBattery:
    """A battery that keeps the meter at zero; its sensors show nothing while it is `away`."""

    most_w: float
    holds_wh: float
    begins_wh: float
    every_s: float
    first_percent: float
    gives_w: float
    away: Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """A peak tariff: the length of its windows, and a target that the house alone never exceeds."""

    length_s: float
    target_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryDay(Day):
    """A day with all of it; times are seconds from noon."""

    cars: tuple[EveryCar, ...]
    # Seconds, and the current that the roof gives to each phase from then on
    roof: list[tuple[float, tuple[float, ...]]]
    battery: HomeBattery | None
    boards: tuple[Board, ...]
    tariff: Tariff | None
    unbalance_a: float | None
    sum_a: float | None
    # From when to when there is a limit by action
    ceilings: list[tuple[float, float, Ceiling]]
    strategy: Strategy
    # When a person chooses a mode, for one car or, None, for all
    hand: list[tuple[float, int | None, SunMode]]


def _mode(rng: Random) -> SunMode:
    return rng.choice((SunMode.FAST, SunMode.FAST, SunMode.MINIMUM, SunMode.SUN, SunMode.SUN, SunMode.OFF))


def _car(rng: Random, car: CarKind) -> EveryCar:
    """Return a car of a random day with habits; half of them are there by day."""
    has_three = len(car.phases) == 3
    plugs_in_s, starts_s = car.plugs_in_s, car.starts_s if rng.random() < 0.5 else 0.0
    if rng.random() < 0.5:
        plugs_in_s, starts_s = rng.uniform(0, 4) * HOUR_S, 0.0
    # Who comes in the evening seldom waits for the sun.
    mode = _mode(rng) if plugs_in_s < 4 * HOUR_S or rng.random() < 0.3 else SunMode.FAST
    return EveryCar(
        phases=car.phases,
        uses=car.uses,
        maximum_a=car.maximum_a,
        step_a=car.step_a,
        priority=car.priority,
        plugs_in_s=plugs_in_s,
        leaves_s=car.leaves_s,
        starts_s=starts_s,
        wants_wh=car.wants_wh,
        takes=car.takes,
        follows_s=car.follows_s,
        wakes_s=car.wakes_s,
        read_every_s=car.read_every_s,
        line_down=car.line_down,
        needs_a=rng.choice((LEAST_A, LEAST_A, LEAST_A, 8.0)),
        sleeps_after_s=rng.choice((math.inf, math.inf, math.inf, 400.0, 1800.0)),
        can_switch=has_three and rng.random() < 0.6,
        switches_s=rng.choice((0.0, 0.0, 3.0, 10.0, 170.0, math.inf)),
        mode=SunMode.MINIMUM if mode is SunMode.OFF else mode,
    )


def _most_fed_in(changes: Changes, phases: int) -> list[float]:
    """Return what a house feeds in at most on each phase, in A."""
    house_a, most_a = ([0.0] * phases for _ in range(2))
    for _, p, amps in changes:
        house_a[p] += amps
        most_a[p] = max(most_a[p], -house_a[p])
    return most_a


def _roof(
    rng: Random, fuse_a: Sequence[float], changes: Changes
) -> Iterator[tuple[float, tuple[float, ...]]]:
    """Yield what a roof gives to each phase from when on; one of up to 4.6 kW is on one of them, as often as not.

    It feeds in no more than the fuse bears, beside what the house has of its own.
    """
    phases = len(fuse_a)
    rooms_w = [
        max(0.0, HOUSE_AT_MOST * fuse - amps) * VOLTS
        for fuse, amps in zip(fuse_a, _most_fed_in(changes, phases), strict=True)
    ]
    most_w = min(13_000.0, HOUSE_AT_MOST * sum(fuse_a) * VOLTS) if phases > 1 else 4600.0
    peak_w = rng.uniform(2500, most_w)
    alone = rng.randrange(phases) if peak_w <= 4600 and rng.random() < 0.5 else None
    peak_w = min(peak_w, phases * min(rooms_w) if alone is None else rooms_w[alone])
    shares = [1 / phases if alone is None else float(p == alone) for p in range(phases)]
    watts = roof_of(rng, peak_w)
    # A day begins at noon, so that its morning comes last.
    by_time = sorted(((BEGIN_S + n - NOON_S) % DAY_S, power_w) for n, power_w in enumerate(watts))
    shown_w = 0.0
    for (t, power_w), (after_s, _) in pairwise([*by_time, (DAY_S, 0.0)]):
        if abs(power_w - shown_w) > _SHINES_W or (shown_w and not power_w):
            shown_w = power_w
            yield float(t), tuple(power_w / VOLTS * share for share in shares)
        if after_s > t + 1 and shown_w:
            shown_w = 0.0
            yield t + 1.0, (0.0,) * phases


def _spans(rng: Random, chance: float, least_s: float, most_s: float) -> Spans:
    starts = [rng.uniform(0, 23) * HOUR_S for _ in range(rng.randint(1, 2))] if rng.random() < chance else []
    return [(start_s, start_s + rng.uniform(least_s, most_s)) for start_s in sorted(starts)]


def _runs_of_a_board(rng: Random, phases: int) -> Iterator[tuple[float, float, int, float]]:
    """Yield what runs on a sub-board: a freezer, and tools or a heater now and then."""
    yield 0.0, float(DAY_S), rng.randrange(phases), rng.uniform(0.3, 1.5)
    for _ in range(rng.randint(2, 8)):
        start_s = rng.uniform(0, 23) * HOUR_S
        yield start_s, start_s + rng.uniform(30, 2400), rng.randrange(phases), rng.uniform(3, 10)


def _beside(house: Changes, board: Changes, fuse_a: Sequence[float]) -> Changes:
    """Return those changes of a sub-board that the main fuse bears beside the house, without cars."""
    asked, drawn, house_a = ([0.0] * len(fuse_a) for _ in range(3))
    changes = []
    events = [(t, p, amps, False) for t, p, amps in house] + [(t, p, amps, True) for t, p, amps in board]
    for t, p, amps, is_board in sorted(events):
        (asked if is_board else house_a)[p] += amps
        may_a = max(0.0, min(asked[p], HOUSE_AT_MOST * fuse_a[p] - house_a[p]))
        if may_a != drawn[p]:
            changes.append((t, p, may_a - drawn[p]))
            drawn[p] = may_a
    return changes


def _boards(rng: Random, day: Day) -> Iterator[Board]:
    """Yield a garage with some of the chargers, and what it stands behind."""
    phases, cars = len(day.fuse_a), range(len(day.cars))
    members = frozenset(rng.sample(cars, rng.randint(1, len(day.cars))))
    fuses_a = [amps for amps in (10.0, 13.0, 16.0, 20.0, 25.0, 32.0) if amps <= day.fuse_a[0]]
    inner_a = rng.choice(fuses_a)
    is_metered = rng.random() < 0.6
    changes: Changes = []
    if is_metered:
        changes = changes_of(_runs_of_a_board(rng, phases), (inner_a,) * phases)
        changes = _beside(day.changes, changes, day.fuse_a)
    yield Board(
        id="garage",
        fuse_a=inner_a,
        margin_a=1.0,
        members=members,
        meter_every_s=rng.choice((1.0, 10.0, 10.0, 10.0, 10.0, 30.0)) if is_metered else None,
        meter_down=_spans(rng, 0.1, 60, 900) if is_metered else [],
        changes=changes,
    )
    if rng.random() < 0.3:
        yield Board(
            id="yard",
            fuse_a=rng.choice([amps for amps in fuses_a if amps >= inner_a]),
            margin_a=1.0,
            members=members | frozenset(rng.sample(cars, rng.randint(1, len(day.cars)))),
            meter_every_s=None,
            meter_down=[],
            changes=[],
        )


def _battery(rng: Random, phases: int) -> HomeBattery:
    holds_wh = rng.uniform(5000, 15_000)
    return HomeBattery(
        most_w=rng.uniform(2000, 3000 if phases == 1 else 6000),
        holds_wh=holds_wh,
        begins_wh=holds_wh * rng.random(),
        every_s=rng.choice((2.0, 5.0)),
        first_percent=rng.choice((0.0, 0.0, 50.0, 80.0)),
        gives_w=rng.choice((0.0, 0.0, 1000.0)),
        away=_spans(rng, 0.1, 30, 1500),
    )


def _ceilings(rng: Random, fuse_a: Sequence[float]) -> list[tuple[float, float, Ceiling]]:
    """Return the limits by action, of which one holds at a time."""
    found: list[tuple[float, float, Ceiling]] = []
    for hour in rng.sample((1, 4, 7, 10, 14, 20), rng.randint(1, 3)):
        start_s = (hour + rng.random()) * HOUR_S
        ceiling = rng.choice(
            (
                Ceiling(sum_a=_DIMMED_W / VOLTS, cars_only=True),
                Ceiling(phase_a=rng.uniform(0.3, 0.9) * fuse_a[0]),
                Ceiling(phase_a=rng.choice((6.0, 10.0, 16.0)), cars_only=True),
                Ceiling(sum_a=rng.uniform(0.3, 0.9) * sum(fuse_a)),
            )
        )
        found.append((start_s, start_s + rng.uniform(0.2, 2) * HOUR_S, ceiling))
    return sorted(found, key=lambda each: each[0])


def _merged(parts: Iterable[Changes]) -> Changes:
    return sorted(change for changes in parts for change in changes)


def every_day(number: int) -> EveryDay:
    """Return the day of this number."""
    day, rng = random_day(number), Random(f"everything {number}")
    cars = tuple(_car(rng, car) for car in day.cars)
    boards = tuple(_boards(rng, day)) if rng.random() < 0.5 else ()
    day = replace(day, changes=_merged([day.changes, *(board.changes for board in boards)]))
    tariff = None
    if rng.random() < 0.4:
        target_w = max(LEAST_TARGET_W, most_w(day) * rng.choice((1.0, 1.1, 1.3)))
        tariff = Tariff(length_s=rng.choice(LENGTHS_S), target_w=target_w)
    has_three = len(day.fuse_a) == 3
    return EveryDay(
        fuse_a=day.fuse_a,
        margin_a=day.margin_a,
        cars=cars,
        changes=day.changes,
        meter_every_s=day.meter_every_s,
        meter_delay_s=day.meter_delay_s,
        meter_noise_a=day.meter_noise_a,
        meter_loses=day.meter_loses,
        meter_down=day.meter_down,
        roof=list(_roof(rng, day.fuse_a, day.changes)) if rng.random() < 0.8 else [],
        battery=_battery(rng, len(day.fuse_a)) if rng.random() < 0.5 else None,
        boards=boards,
        tariff=tariff,
        unbalance_a=rng.choice(_UNBALANCES_A) if has_three and rng.random() < 0.3 else None,
        sum_a=rng.uniform(0.5, 0.9) * sum(day.fuse_a) if rng.random() < 0.2 else None,
        ceilings=_ceilings(rng, day.fuse_a) if rng.random() < 0.4 else [],
        strategy=rng.choice((Strategy.EQUAL, Strategy.EQUAL, Strategy.PRIORITY, Strategy.FIRST_COME)),
        hand=sorted(
            (
                (
                    rng.uniform(0, 23) * HOUR_S,
                    rng.choice((None, *range(len(cars)))),
                    _mode(rng),
                )
                for _ in range(rng.randint(0, 5))
            ),
            key=lambda each: each[0],
        ),
    )
