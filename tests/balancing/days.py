"""Random days of random houses: their loads, sun, cars, meters and lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

HOUR_S = 3600
DAY_S = 24 * HOUR_S
VOLTS = 230.0
# A day begins at noon, so that a night is in one piece.
NOON_S = 12 * HOUR_S
# What a house does not do with cars at home: draw more than its own fuse bears.
HOUSE_AT_MOST = 0.9

type Spans = list[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarKind:
    """A car and its charger; times are seconds from noon."""

    phases: tuple[int, ...]
    # How many of the charger's conductors the car uses
    uses: int
    maximum_a: float
    step_a: float
    priority: int
    plugs_in_s: float
    leaves_s: float
    # It draws nothing before, by a timer of its own
    starts_s: float
    wants_wh: float
    # Of what it may: a car draws a little less, or up to 5 % more
    takes: float
    follows_s: float
    wakes_s: float
    read_every_s: float
    line_down: Spans
    # Whether the charger reports the currents of its conductors
    measures: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """All that is given for one day, whatever the law."""

    fuse_a: tuple[float, ...]
    margin_a: float
    cars: tuple[CarKind, ...]
    # Seconds, phase, change of the house's current
    changes: list[tuple[float, int, float]]
    meter_every_s: float
    meter_delay_s: float
    meter_noise_a: float
    # One in so many readings is lost
    meter_loses: int
    meter_down: Spans


def _appliances(rng: Random, phases: int) -> list[tuple[float, float, int, float]]:
    """Return what runs from when to when, on which phase, with how many amperes."""
    runs: list[tuple[float, float, int, float]] = []
    kitchen, laundry, other = (rng.randrange(phases) for _ in range(3))

    def run(start_s: float, length_s: float, phase: int, amps: float) -> None:
        runs.append((start_s, start_s + length_s, phase, amps))

    def cycles(start_s: float, length_s: float, on_s: float, off_s: float, phase: int, amps: float) -> None:
        t = start_s
        while t < start_s + length_s:
            run(t, on_s * rng.uniform(0.8, 1.2), phase, amps)
            t += (on_s + off_s) * rng.uniform(0.9, 1.2)

    for phase in range(phases):
        run(0, DAY_S, phase, rng.uniform(0.3, 2.0))
    cycles(rng.uniform(0, 2000), DAY_S, 900, 2400, other, 0.6)
    for _ in range(rng.randint(2, 7)):
        hour = rng.choice((0, 3, 5, 6, 7, 9, 19, 20))
        run((hour + rng.random()) * HOUR_S, rng.uniform(90, 240), kitchen, rng.uniform(8, 10))
    if rng.random() < 0.7:
        start = rng.uniform(5, 8) * HOUR_S
        run(start, 600, (kitchen + 1) % phases, rng.uniform(9, 13))
        cycles(start + 660, rng.uniform(1000, 3000), 60, 90, (kitchen + 1) % phases, rng.uniform(9, 13))
    if rng.random() < 0.8:
        start = rng.uniform(5, 7.5) * HOUR_S
        cycles(
            start, rng.uniform(900, 2400), rng.uniform(6, 25), rng.uniform(6, 25), kitchen, rng.uniform(5, 9)
        )
    for _ in range(rng.randint(0, 3)):
        start = rng.uniform(0, 12) * HOUR_S
        run(start, rng.uniform(600, 1200), laundry, rng.uniform(8, 10))
        run(start + 2400, 500, laundry, rng.uniform(8, 10))
    if rng.random() < 0.5:
        amps, on_s = rng.uniform(3, 8), rng.uniform(600, 2400)
        for phase in range(phases):
            spread = Random(1)
            t = 0.0
            while t < DAY_S:
                run(t, on_s, phase, amps)
                t += on_s * spread.uniform(1.5, 3)
    # A vacuum cleaner, a hair dryer, a saw: at any time, for a short one.
    for _ in range(rng.randint(3, 15)):
        run(rng.uniform(0, 11) * HOUR_S, rng.uniform(20, 600), rng.randrange(phases), rng.uniform(2, 9))
    return runs


def changes_of(
    runs: Iterable[tuple[float, float, int, float]], fuse_a: tuple[float, ...]
) -> list[tuple[float, int, float]]:
    """Return the changes of a house's current, by what runs from when to when, on which phase, with how many amperes.

    What would be too much for the house's own fuse is not switched on, or not all of it.
    """
    steps: list[tuple[float, int, float]] = []
    for start, end, phase, amps in runs:
        steps += ((start, phase, amps), (end, phase, -amps))
    steps.sort()
    asked, drawn = [0.0] * len(fuse_a), [0.0] * len(fuse_a)
    changes = []
    for t, phase, amps in steps:
        asked[phase] += amps
        allowed = min(asked[phase], HOUSE_AT_MOST * fuse_a[phase])
        if allowed != drawn[phase]:
            changes.append((t, phase, allowed - drawn[phase]))
            drawn[phase] = allowed
    return changes


def _house(rng: Random, fuse_a: tuple[float, ...]) -> list[tuple[float, int, float]]:
    """Return the changes of the house's current by phase, each with its sun."""
    changes = changes_of(_appliances(rng, len(fuse_a)), fuse_a)
    if rng.random() < 0.5:
        peak = rng.uniform(3, 14)
        for phase in range(len(fuse_a)):
            before = 0.0
            for t in range(0, DAY_S, 120):
                hour = (t + NOON_S) / HOUR_S % 24
                height = max(0.0, 1 - ((hour - 13) / 6.5) ** 2)
                now = round(peak * height * rng.choice((1, 1, 1, 0.7, 0.4)), 2)
                if now != before:
                    changes.append((t, phase, before - now))
                    before = now
        changes.sort()
    return changes


def _gaps(rng: Random, chance: float, least_s: float, most_s: float) -> Spans:
    spans: Spans = []
    while rng.random() < chance and len(spans) < 3:
        start = rng.uniform(6, 20) * HOUR_S
        spans.append((start, start + rng.uniform(least_s, most_s)))
    return sorted(spans)


def _car(rng: Random, phases: int) -> CarKind:
    wired = phases if rng.random() < 0.75 else 1
    order = list(range(1, phases + 1))
    turn = rng.randrange(phases)
    conductors = tuple((order[turn:] + order[:turn])[:wired])
    uses = wired if rng.random() < 0.7 else 1
    plugs_in = rng.choice((rng.uniform(4, 10), rng.uniform(4, 10), rng.uniform(0, 18))) * HOUR_S
    wants_kwh = rng.choice((rng.uniform(3, 15), rng.uniform(10, 40), rng.uniform(20, 70)))
    return CarKind(
        phases=conductors,
        uses=uses,
        maximum_a=rng.choice((10.0, 13.0, 16.0, 16.0, 16.0) if uses > 1 else (16.0, 20.0, 32.0, 32.0)),
        step_a=rng.choice((0.1, 1.0)),
        priority=rng.randint(1, 3),
        plugs_in_s=plugs_in,
        leaves_s=rng.choice((18.5, 19, 19.5, 20, 24)) * HOUR_S,
        starts_s=rng.choice((0, 0, 0, 11, 13)) * HOUR_S,
        wants_wh=wants_kwh * 1000,
        takes=rng.choice((0.93, 0.97, 1.0, 1.0, 1.02, 1.05)),
        follows_s=rng.uniform(0.5, 5),
        wakes_s=rng.uniform(8, 60),
        read_every_s=rng.choice((5, 10)),
        line_down=_gaps(rng, 0.1, 30, 600),
    )


def random_day(seed: int) -> Day:
    """Return the day of this number."""
    rng = Random(seed)
    phases = rng.choice((1, 3, 3))
    fuse = rng.choice((25.0, 32.0, 40.0, 50.0) if phases == 1 else (16.0, 20.0, 25.0, 25.0, 35.0))
    return Day(
        fuse_a=(fuse,) * phases,
        margin_a=1.0,
        cars=tuple(_car(rng, phases) for _ in range(rng.choice((1, 2, 2, 3, 4)))),
        changes=_house(rng, (fuse,) * phases),
        meter_every_s=rng.choice((1, 10, 10, 10, 10, 30, 30)),
        meter_delay_s=rng.choice((0.2, 0.5, 1.0)),
        meter_noise_a=rng.choice((0.0, 0.05, 0.15)),
        meter_loses=rng.choice((10**9, 200, 50)),
        meter_down=_gaps(rng, 0.1, 60, 1800),
    )
