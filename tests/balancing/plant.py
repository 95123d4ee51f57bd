"""The second plant: cars as followers of a pilot signal, and a judge that knows what could have been charged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
import math
from typing import override

from .optimum import Optimum
from .plant_days import PilotCar, PlantDay
from .world import LEAST_A, Car, FuseScore, MakeLaw, World, inside

_RAMP_EVERY_S = 0.5


@dataclass(slots=True, kw_only=True)
class Result(FuseScore):
    """What a law did in some hours."""

    hours: float
    cars: int
    stops: int = 0
    writes: int = 0
    delivered_wh: float = 0.0
    possible_wh: float = 0.0
    of_cars_wh: list[float] = field(default_factory=list)

    @property
    def used(self) -> float:
        """Return which part of what could have been charged was charged."""
        return self.delivered_wh / self.possible_wh if self.possible_wh else 1.0

    @property
    def fairness(self) -> float:
        """Return what the car with least got of what the one with most got."""
        return min(self.of_cars_wh) / max(self.of_cars_wh) if max(self.of_cars_wh) else 1.0


@dataclass(slots=True, eq=False)
class _Car(Car[PilotCar]):
    target_a: float = 0.0
    step_a: float = 0.0
    asleep: bool = False
    paused_s: float = math.inf

    def wants_a(self) -> float:
        """Return what it would draw now from what it feels."""
        kind = self.kind
        if not self.plugged or self.full or self.asleep or self.felt_a < LEAST_A:
            return 0.0
        amps = self.felt_a
        if kind.rounds_a:
            amps = math.floor(amps / kind.rounds_a + 1e-9) * kind.rounds_a
        if amps < kind.needs_a:
            return 0.0
        return min(amps * kind.takes, self.most_a())


class Plant(World[_Car]):
    """Some hours of a house with a law."""

    day: PlantDay
    score: Result

    def __init__(self, day: PlantDay, make: MakeLaw, seed: int = 0) -> None:
        """Begin with the cars that are there."""
        cars = [
            _Car(n, kind, tuple(p - 1 for p in kind.phases[: kind.uses])) for n, kind in enumerate(day.cars)
        ]
        super().__init__(day, make(day), cars, Result(hours=day.lasts_s / 3600, cars=len(cars)), seed)
        self.optimum = Optimum(day)
        for t, phase, amps in day.changes:
            self.at(t, partial(self.switch, phase, amps))
        self.at(self.rng.random() * day.meter_every_s, self.sample)
        self.at(0.5, self.tick)
        self.at(0.0, self.possible)
        for car in cars:
            self.at(self.rng.random() * car.kind.read_every_s, partial(self.read, car))
            self.at(car.kind.plugs_in_s, partial(self.plug, car, True))
            self.at(car.kind.leaves_s, partial(self.plug, car, False))

    def live(self) -> Result:
        """Let the hours pass."""
        self.pass_events(lambda t: t > self.day.lasts_s)
        result = self.score
        result.stops = sum(car.stops for car in self.cars)
        result.writes = sum(car.writes for car in self.cars)
        result.of_cars_wh = [car.got_wh for car in self.cars]
        result.delivered_wh = sum(result.of_cars_wh)
        result.possible_wh = self.optimum.delivered_wh
        return result

    def possible(self, t: float) -> None:
        """Let the optimum charge for a while."""
        self.at(t + self.optimum.every_s, self.possible)
        self.optimum.charge(self.house)

    def sample(self, t: float) -> None:
        """Measure the mains; the reading arrives later, or never, or is wrong."""
        day = self.day
        self.at(t + day.meter_every_s, self.sample)
        if not self.rng.randrange(day.meter_loses) or inside(t, day.meter_down):
            return
        spike_a = sum(amps for when, amps in day.spikes if when <= t < when + day.meter_every_s)
        reading = [
            round((amps + spike_a + self.rng.gauss(0, day.meter_noise_a)) / day.meter_step_a)
            * day.meter_step_a
            for amps in self.mains
        ]
        if inside(t, day.zeros):
            reading = [0.0] * len(reading)
        if not day.meter_apart_s:
            self.at(t + day.meter_delay_s, partial(self.report, reading))
            return
        for p, amps in enumerate(reading):
            one = [amps if n == p else None for n in range(len(reading))]
            self.at(t + day.meter_delay_s + p * day.meter_apart_s, partial(self.report, one))

    @override
    def note_reading(self, reading: Sequence[float | None], t: float) -> None:
        # A meter that lies has not reported: until it does, a law can but keep to the safe current.
        if not inside(t - self.day.meter_delay_s, self.day.zeros):
            super().note_reading(reading, t)

    @override
    def plug(self, car: _Car, plugged: bool, t: float) -> None:
        car.asleep, car.paused_s = False, math.inf
        self.optimum.plug(car.n, plugged)
        super().plug(car, plugged, t)

    @override
    def draw(self, car: _Car, t: float) -> None:
        if car.felt_a < LEAST_A:
            car.paused_s = min(car.paused_s, t)
        elif car.plugged:
            car.asleep |= t - car.paused_s > car.kind.sleeps_after_s
            car.paused_s = math.inf
        wanted_a = car.wants_a()
        if wanted_a == 0:
            car.stops += car.plugged and not car.full and car.drawn_a > 0
            car.drawn_a = car.target_a = 0.0
            car.wakes_at_s = math.inf
            self.weigh(t)
            return
        if car.drawn_a == 0:
            if car.wakes_at_s == math.inf:
                car.wakes_at_s = t + car.kind.wakes_s
                self.at(car.wakes_at_s, partial(self.draw, car))
            if t < car.wakes_at_s:
                return
        if wanted_a != car.target_a:
            rests = car.target_a == car.drawn_a
            car.target_a = wanted_a
            car.step_a = abs(wanted_a - car.drawn_a) * _RAMP_EVERY_S / car.kind.ramps_s
            if rests:
                self.at(t + _RAMP_EVERY_S, partial(self.ramp, car))
            if car.drawn_a == 0:
                self.ramp(car, t)

    def ramp(self, car: _Car, t: float) -> None:
        """Let a car come nearer to what it would draw."""
        if car.target_a == car.drawn_a:
            return
        gap_a = car.target_a - car.drawn_a
        car.drawn_a = (
            car.target_a if abs(gap_a) <= car.step_a else car.drawn_a + math.copysign(car.step_a, gap_a)
        )
        self.weigh(t)
        if car.target_a != car.drawn_a:
            self.at(t + _RAMP_EVERY_S, partial(self.ramp, car))
