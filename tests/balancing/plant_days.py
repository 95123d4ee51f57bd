"""Random hours of the second plant: houses, cars that follow a pilot signal, and meters with the habits of real ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
import math
from random import Random

from .days import HOUR_S, CarKind, Day, Spans, changes_of

HOURS = 3
CHARGERS = (2, 4, 8, 20)
FUSES_A = (25.0, 35.0, 63.0)
METERS_S = (1.0, 10.0, 30.0)
MARGIN_A = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PilotCar(CarKind):
    """A car that follows the duty cycle of the control pilot; `follows_s` is its delay."""

    # After the delay it takes so long from one current to the next.
    ramps_s: float
    # It rounds down what it reads from the duty cycle.
    rounds_a: float
    # It draws nothing from a lower offer: 6 A, or what a car with a weak rectifier needs.
    needs_a: float
    # After so long a pause it sleeps until it is plugged in again.
    sleeps_after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantDay(Day):
    """Some hours of a house, its meter and its chargers."""

    cars: tuple[PilotCar, ...]
    lasts_s: float
    # The step of what the meter shows
    meter_step_a: float
    # So much later than the phase before it each phase arrives.
    meter_apart_s: float
    # Readings that are too high by so much, when
    spikes: list[tuple[float, float]]
    # When all phases read 0
    zeros: Spans


def _runs(rng: Random, phases: int, lasts_s: float) -> Iterator[tuple[float, float, int, float]]:
    """Yield what runs from when to when, on which phase, with how many amperes."""

    def cycles(start_s: float, length_s: float, on_s: float, off_s: float, phase: int, amps: float) -> None:
        t = start_s
        while t < start_s + length_s:
            found.append((t, t + on_s * rng.uniform(0.8, 1.2), phase, amps))
            t += (on_s + off_s) * rng.uniform(0.9, 1.2)

    found: list[tuple[float, float, int, float]] = []
    hours = lasts_s / HOUR_S
    found += [(0, lasts_s, phase, rng.uniform(0.5, 3.0)) for phase in range(phases)]
    cycles(rng.uniform(0, 1500), lasts_s, 800, 2000, rng.randrange(phases), 0.7)
    for _ in range(round(hours * rng.uniform(0.3, 1.2))):
        start = rng.uniform(0, lasts_s)
        found.append((start, start + rng.uniform(60, 240), rng.randrange(phases), rng.uniform(8, 10)))
    if rng.random() < 0.4:
        start, phase, amps = rng.uniform(0, lasts_s), rng.randrange(phases), rng.uniform(9, 13)
        found.append((start, start + 500, phase, amps))
        cycles(start + 560, rng.uniform(900, 2500), 60, 100, phase, amps)
    if rng.random() < 0.4:
        on_s = rng.uniform(5, 25)
        cycles(
            *(rng.uniform(0, lasts_s), rng.uniform(600, 2000), on_s, rng.uniform(8, 30)),
            *(rng.randrange(phases), rng.uniform(4, 9)),
        )
    for _ in range(rng.choice((0, 1, 1, 2))):
        start, phase = rng.uniform(0, lasts_s), rng.randrange(phases)
        found.append((start, start + rng.uniform(600, 1500), phase, rng.uniform(8, 10)))
    if rng.random() < 0.5:
        amps, on_s, off_s, start = rng.uniform(3, 8), rng.uniform(600, 2400), rng.uniform(600, 2400), 0.0
        while start < lasts_s:
            found += ((start, start + on_s, phase, amps) for phase in range(phases))
            start += on_s + off_s
    for _ in range(round(hours * rng.uniform(0, 2))):
        start = rng.uniform(0, lasts_s)
        found.append((start, start + rng.uniform(3, 600), rng.randrange(phases), rng.uniform(2, 9)))
    yield from found


def _changes(rng: Random, fuse_a: tuple[float, ...], lasts_s: float) -> list[tuple[float, int, float]]:
    """Return the changes of the house's current, one house in four with its sun."""
    changes = changes_of(_runs(rng, len(fuse_a), lasts_s), fuse_a)
    if rng.random() < 0.25:
        peak_a, before_a = rng.uniform(2, 8), 0.0
        for t in range(0, int(lasts_s), 60):
            now_a = round(peak_a * math.sin(math.pi * t / lasts_s) * rng.choice((1, 1, 0.8, 0.5)), 2)
            changes += ((float(t), phase, before_a - now_a) for phase in range(len(fuse_a)))
            before_a = now_a
        changes.sort()
    return changes


def _car(rng: Random, phases: int, lasts_s: float) -> PilotCar:
    """Return one car at one charger."""
    wired = phases if rng.random() < 0.75 else 1
    turn = rng.randrange(phases)
    order = list(range(1, phases + 1))
    uses = wired if rng.random() < 0.7 else 1
    delay_s = rng.uniform(0.5, 3)
    return PilotCar(
        phases=tuple((order[turn:] + order[:turn])[:wired]),
        uses=uses,
        maximum_a=rng.choice((16.0, 16.0, 32.0)) if wired > 1 else rng.choice((16.0, 20.0, 32.0)),
        step_a=rng.choice((0.1, 1.0)),
        priority=1,
        plugs_in_s=rng.choice((0.0, 0.0, rng.uniform(0, 0.4 * lasts_s))),
        leaves_s=lasts_s if rng.random() < 0.9 else rng.uniform(0.7, 1) * lasts_s,
        starts_s=0.0,
        wants_wh=rng.choice((rng.uniform(2000, 8000), 60000, 60000, 60000)),
        takes=rng.choice((0.95, 1.0, 1.0, 1.0, rng.uniform(1.05, 1.10))),
        follows_s=delay_s,
        ramps_s=rng.uniform(1, 5 - delay_s),
        rounds_a=rng.choice((0.0, 0.5, 1.0)),
        needs_a=rng.uniform(8, 9) if uses > 1 and rng.random() < 0.08 else 6.0,
        sleeps_after_s=900.0 if rng.random() < 0.08 else math.inf,
        wakes_s=rng.uniform(5, 45),
        read_every_s=rng.choice((5.0, 10.0)),
        measures=rng.random() < 0.85,
        line_down=_line_down(rng, lasts_s),
    )


def _line_down(rng: Random, lasts_s: float) -> Spans:
    if rng.random() > 0.1:
        return []
    start = rng.uniform(0.1, 0.9) * lasts_s
    return [(start, start + rng.choice((1.0, 5.0, 20.0, 60.0)))]


def plant_day(seed: int, *, chargers: int, fuse_a: float, meter_s: float, hours: float = HOURS) -> PlantDay:
    """Return the hours of this number."""
    rng = Random(f"{seed} {chargers} {fuse_a} {meter_s}")
    phases = 1 if chargers <= 4 and rng.random() < 0.15 else 3
    lasts_s = hours * HOUR_S
    fuse = (fuse_a,) * phases
    cars = [_car(rng, phases, lasts_s) for _ in range(chargers)]
    cars[0] = replace(cars[0], plugs_in_s=0.0)
    start_s = rng.uniform(0.2, 0.8) * lasts_s
    return PlantDay(
        fuse_a=fuse,
        margin_a=MARGIN_A,
        cars=tuple(cars),
        changes=_changes(rng, fuse, lasts_s),
        lasts_s=lasts_s,
        meter_every_s=meter_s,
        meter_delay_s=rng.uniform(0.1, 0.8),
        meter_noise_a=rng.choice((0.0, 0.05, 0.15)),
        meter_loses=rng.choice((10**9, 200, 50)),
        meter_down=[],
        meter_step_a=rng.choice((0.01, 0.1, 0.1, 0.1, 1.0)),
        meter_apart_s=rng.choice((0.0, 0.0, 0.08)) if phases > 1 else 0.0,
        spikes=[(rng.uniform(0, lasts_s), 15.0) for _ in range(2)] if rng.random() < 0.2 else [],
        zeros=[(start_s, start_s + 60)] if rng.random() < 0.1 else [],
    )


def night(seed: int, *, chargers: int, fuse_a: float, meter_s: float, hours: float = 9.0) -> PlantDay:
    """Return a night of cars that are equal: who gets how much shows how fair a law is."""
    day = plant_day(seed, chargers=chargers, fuse_a=fuse_a, meter_s=meter_s, hours=hours)
    rng = Random(seed)
    phases = tuple(range(1, len(day.fuse_a) + 1))
    equal = tuple(
        replace(
            car,
            phases=phases,
            uses=len(phases),
            maximum_a=16.0,
            step_a=0.1,
            plugs_in_s=0.0,
            leaves_s=day.lasts_s,
            wants_wh=1e6,
            takes=1.0,
            rounds_a=0.0,
            needs_a=6.0,
            sleeps_after_s=math.inf,
            wakes_s=rng.uniform(10, 30),
            measures=True,
            line_down=[],
        )
        for car in day.cars
    )
    return replace(day, cars=equal, spikes=[], zeros=[])
