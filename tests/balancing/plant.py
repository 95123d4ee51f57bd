"""The second plant: cars as followers of a pilot signal, and a judge that knows what could have been charged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
import heapq
from itertools import count
import math
from random import Random

from .days import VOLTS, Spans
from .optimum import Optimum
from .plant_days import PilotCar, PlantDay
from .simulator import MakeLaw

LEAST_A = 6.0
# As the first plant judges (simulator.py)
OVER_A, ALLOWED_S = 0.5, 7.0
TRIPS_AT, WARMS_UP_S = 1.13**2, 70.0
_RAMP_EVERY_S = 0.5
_TAPER, _TRICKLE_A = 0.15, 2.0


@dataclass(slots=True, kw_only=True)
class Result:
    """What a law did in some hours."""

    hours: float
    cars: int
    trips: int = 0
    hottest: float = 0.0
    over_s: float = 0.0
    longest_s: float = 0.0
    # Overloads that lasted longer than a period of the meter, 2 s and the car's own 5 s
    late: int = 0
    stops: int = 0
    most_stops: int = 0
    writes: int = 0
    most_writes: int = 0
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
class _Car:
    n: int
    kind: PilotCar
    phases: tuple[int, ...]
    offer_a: float = LEAST_A
    felt_a: float = LEAST_A
    drawn_a: float = 0.0
    target_a: float = 0.0
    step_a: float = 0.0
    got_wh: float = 0.0
    plugged: bool = False
    asleep: bool = False
    wakes_at_s: float = math.inf
    paused_s: float = math.inf
    stops: int = 0
    writes: int = 0
    pending_a: float | None = None

    @property
    def full(self) -> bool:
        return self.got_wh >= self.kind.wants_wh

    def wants_a(self, t: float) -> float:
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

    def most_a(self) -> float:
        """Return the most that its battery takes."""
        left = 1 - self.got_wh / self.kind.wants_wh
        if left >= _TAPER:
            return self.kind.maximum_a
        return max(_TRICKLE_A, self.kind.maximum_a * left / _TAPER)


def _inside(t: float, spans: Spans) -> bool:
    return any(start <= t < end for start, end in spans)


class Plant:
    """Some hours of a house with a law."""

    def __init__(self, day: PlantDay, make: MakeLaw, seed: int = 0) -> None:
        """Begin with the cars that are there."""
        self.day, self.law, self.rng = day, make(day), Random(seed)
        phases = len(day.fuse_a)
        self.house = [0.0] * phases
        self.mains = [0.0] * phases
        self.heat = [0.0] * phases
        self.over_since: list[float | None] = [None] * phases
        self.grew_s = [-math.inf] * phases
        self.gap_s = [0.0] * phases
        self.read_s = [-math.inf] * phases
        self.cars = [
            _Car(n, kind, tuple(p - 1 for p in kind.phases[: kind.uses])) for n, kind in enumerate(day.cars)
        ]
        self.optimum = Optimum(day)
        self.result = Result(hours=day.lasts_s / 3600, cars=len(self.cars))
        self.now = 0.0
        self._serial = count()
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._begin()

    def at(self, t: float, what: Callable[[float], None]) -> None:
        """Have something happen."""
        heapq.heappush(self._heap, (t, next(self._serial), what))

    def _begin(self) -> None:
        for t, phase, amps in self.day.changes:
            self.at(t, partial(self.switch, phase, amps))
        self.at(self.rng.random() * self.day.meter_every_s, self.sample)
        self.at(0.5, self.tick)
        self.at(0.0, self.possible)
        for car in self.cars:
            self.at(self.rng.random() * car.kind.read_every_s, partial(self.read, car))
            self.at(car.kind.plugs_in_s, partial(self.plug, car, True))
            self.at(car.kind.leaves_s, partial(self.plug, car, False))

    def live(self) -> Result:
        """Let the hours pass."""
        while self._heap:
            t, _, what = heapq.heappop(self._heap)
            if t > self.day.lasts_s:
                break
            if t > self.now:
                self.pass_time(t - self.now)
                self.now = t
            what(t)
        result = self.result
        result.stops = sum(car.stops for car in self.cars)
        result.most_stops = max(car.stops for car in self.cars)
        result.writes = sum(car.writes for car in self.cars)
        result.most_writes = max(car.writes for car in self.cars)
        result.of_cars_wh = [car.got_wh for car in self.cars]
        result.delivered_wh = sum(result.of_cars_wh)
        result.possible_wh = self.optimum.delivered_wh
        return result

    # The fuse

    def pass_time(self, seconds: float) -> None:
        """Let time pass with the currents as they are."""
        for car in self.cars:
            if car.drawn_a:
                car.got_wh += car.drawn_a * len(car.phases) * VOLTS * seconds / 3600
        cooling, result = math.exp(-seconds / WARMS_UP_S), self.result
        for p, fuse_a in enumerate(self.day.fuse_a):
            amps = max(0.0, self.mains[p])
            warm = (amps / fuse_a) ** 2
            self.heat[p] = warm + (self.heat[p] - warm) * cooling
            if self._out_of_reach(self.now):
                continue
            result.hottest = max(result.hottest, min(1.0, self.heat[p] / TRIPS_AT))
            if self.heat[p] > TRIPS_AT:
                result.trips += 1
                self.heat[p] = 0.0
            if amps > fuse_a + OVER_A:
                result.over_s += seconds

    def weigh(self, t: float) -> None:
        """Work out the mains, and for how long they are over the fuse."""
        self.mains[:] = self.house
        for car in self.cars:
            if car.drawn_a:
                for p in car.phases:
                    self.mains[p] += car.drawn_a
        for p, fuse_a in enumerate(self.day.fuse_a):
            since_s = self.over_since[p]
            if self.mains[p] > fuse_a + OVER_A:
                if since_s is None:
                    self.over_since[p], self.gap_s[p] = t, 0.0
            elif since_s is not None:
                self.over_since[p] = None
                self._judge(p, since_s, t)

    def _judge(self, p: int, since_s: float, t: float) -> None:
        if self._out_of_reach(since_s) or self._out_of_reach(t):
            return
        gap_s = max(self.gap_s[p], t - self.read_s[p], self.day.meter_every_s)
        self.result.longest_s = max(self.result.longest_s, t - since_s)
        self.result.late += t - max(since_s, self.grew_s[p]) > gap_s + ALLOWED_S

    def _out_of_reach(self, t: float) -> bool:
        """Return whether a charger cannot be commanded, or was not commanded since it can be, or the meter lies."""
        late_s = 2 * self.day.meter_every_s + ALLOWED_S
        spans = [span for car in self.cars for span in car.kind.line_down] + self.day.zeros
        return any(start <= t < end + late_s for start, end in spans)

    # What happens

    def possible(self, t: float) -> None:
        """Let the optimum charge for a while."""
        self.at(t + self.optimum.every_s, self.possible)
        self.optimum.charge(self.house)

    def switch(self, phase: int, amps: float, t: float) -> None:
        """Switch a load of the house."""
        self.house[phase] += amps
        self.weigh(t)
        if amps > 0 and self.over_since[phase] is not None:
            self.grew_s[phase], self.gap_s[phase] = t, 0.0

    def sample(self, t: float) -> None:
        """Measure the mains; the reading arrives later, or never, or is wrong."""
        day = self.day
        self.at(t + day.meter_every_s, self.sample)
        if not self.rng.randrange(day.meter_loses) or _inside(t, day.meter_down):
            return
        spike_a = sum(amps for when, amps in day.spikes if when <= t < when + day.meter_every_s)
        reading = [
            round((amps + spike_a + self.rng.gauss(0, day.meter_noise_a)) / day.meter_step_a)
            * day.meter_step_a
            for amps in self.mains
        ]
        if _inside(t, day.zeros):
            reading = [0.0] * len(reading)
        if not day.meter_apart_s:
            self.at(t + day.meter_delay_s, partial(self.report, reading))
            return
        for p, amps in enumerate(reading):
            one = [amps if n == p else None for n in range(len(reading))]
            self.at(t + day.meter_delay_s + p * day.meter_apart_s, partial(self.report, one))

    def report(self, reading: Sequence[float | None], t: float) -> None:
        """Let the law take a reading of the meter."""
        for p, amps in enumerate(reading):
            if amps is not None:
                self.gap_s[p] = max(self.gap_s[p], t - self.read_s[p])
                self.read_s[p] = t
        self.law.read_mains(t, reading)
        if self.law.every_s == 0:
            self.carry_out(t)

    def tick(self, t: float) -> None:
        """Let the law's own clock strike."""
        self.at(t + (self.law.every_s or 5.0), self.tick)
        self.carry_out(t)

    def read(self, car: _Car, t: float) -> None:
        """Read a charger, and what it missed while it could not be reached."""
        self.at(t + car.kind.read_every_s, partial(self.read, car))
        if _inside(t, car.kind.line_down):
            return
        if car.pending_a is not None:
            self.give(t, car, car.pending_a)
        if car.drawn_a:
            # A battery that gets full takes less.
            self.aim(car, t)
        drawn = [car.drawn_a if n < len(car.phases) else 0.0 for n in range(len(car.kind.phases))]
        self.law.read_car(t, car.n, car.offer_a, car.plugged, drawn)

    def plug(self, car: _Car, plugged: bool, t: float) -> None:
        """Plug a car in, or drive away with it."""
        car.plugged, car.asleep, car.paused_s = plugged, False, math.inf
        self.optimum.plug(car.n, plugged)
        self.aim(car, t)

    def aim(self, car: _Car, t: float) -> None:
        """Let a car turn to what it would draw now."""
        if car.felt_a < LEAST_A:
            car.paused_s = min(car.paused_s, t)
        elif car.plugged:
            car.asleep |= t - car.paused_s > car.kind.sleeps_after_s
            car.paused_s = math.inf
        wanted_a = car.wants_a(t)
        if wanted_a == 0:
            car.stops += car.plugged and not car.full and car.drawn_a > 0
            car.drawn_a = car.target_a = 0.0
            car.wakes_at_s = math.inf
            self.weigh(t)
            return
        if car.drawn_a == 0:
            if car.wakes_at_s == math.inf:
                car.wakes_at_s = t + car.kind.wakes_s
                self.at(car.wakes_at_s, partial(self.aim, car))
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

    def feel(self, car: _Car, amps: float, t: float) -> None:
        """Let a car notice what it is offered."""
        car.felt_a = amps
        self.aim(car, t)

    def carry_out(self, t: float) -> None:
        """Carry out what the law decides."""
        for n, amps in self.law.offers(t).items():
            car = self.cars[n]
            if _inside(t, car.kind.line_down):
                car.pending_a = amps
            else:
                self.give(t, car, amps)

    def give(self, t: float, car: _Car, amps: float) -> None:
        """Set the limit of a charger."""
        car.pending_a = None
        self.law.taken(car.n, amps)
        if amps != car.offer_a:
            assert amps == 0 or amps >= LEAST_A, amps
            car.offer_a = amps
            car.writes += 1
            self.at(t + car.kind.follows_s, partial(self.feel, car, amps))
