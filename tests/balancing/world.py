"""What both plants share: a clock of events, a fuse, and a judge of what a law does to it.

Time is compressed: nothing happens between two events, and currents are constant there.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
import heapq
from itertools import count
import math
from random import Random
from typing import Any, Protocol, override

from .days import VOLTS, CarKind, Day, Spans

LEAST_A = 6.0
# The last part of a charge, in which a car takes less and less, down to a trickle.
TAPER, TRICKLE_A = 0.15, 2.0
# Rounding and a meter's noise are no overload.
OVER_A = 0.5
# One meter period, 2 s for the way, and the car's own 5 s.
ALLOWED_S = 7.0
# A circuit breaker (IEC 60898) as the law takes it to be too (docs/load_balancing.md); the judge has numbers of its own.
TRIPS_AT = 1.13**2
WARMS_UP_S = 70.0


class Law(Protocol):
    """What is judged: it takes readings, and is asked for offers at its own pace; 0 pauses."""

    every_s: float

    def read_mains(self, t: float, amps: Sequence[float | None]) -> None:
        """Take a reading of the meter: amperes of each phase, None for one that has not arrived."""

    def read_car(self, t: float, n: int, offer_a: float, plugged: bool, drawn_a: Sequence[float]) -> None:
        """Take a reading of a charger: its limit, and the amperes of each of its conductors."""

    def offers(self, t: float) -> Mapping[int, float]:
        """Return the offers to be set now, by car, those that fall first."""

    def taken(self, n: int, amps: float) -> None:
        """Note that a charger took an offer."""


type MakeLaw = Callable[[Day], Law]


@dataclass(slots=True, kw_only=True)
class FuseScore:
    """What a law did to the fuse."""

    trips: int = 0
    # While a charger could not be reached, or did not have the command that it missed: no law can help that
    trips_out_of_reach: int = 0
    hottest: float = 0.0
    over_s: float = 0.0
    longest_s: float = 0.0
    # Overloads that lasted longer than a gap between two readings, 2 s and the car's own 5 s
    late: int = 0


@dataclass(slots=True, eq=False)
class Car[Kind: CarKind]:
    """A car at its charger: what it is offered, what it feels on the pilot, and what it draws."""

    n: int
    kind: Kind
    phases: tuple[int, ...]
    offer_a: float = LEAST_A
    felt_a: float = LEAST_A
    drawn_a: float = 0.0
    got_wh: float = 0.0
    wakes_at_s: float = math.inf
    plugged: bool = False
    writes: int = 0
    stops: int = 0
    pending_a: float | None = None

    @property
    def full(self) -> bool:
        """Return whether it has what it wants."""
        return self.got_wh >= self.kind.wants_wh

    def most_a(self) -> float:
        """Return the most that its battery takes."""
        return taken_a(self.kind, self.got_wh)


def taken_a(kind: CarKind, got_wh: float) -> float:
    """Return the most that the battery of a car takes that has got so much."""
    left = 1 - got_wh / kind.wants_wh
    return kind.maximum_a if left >= TAPER else max(TRICKLE_A, kind.maximum_a * left / TAPER)


def inside(t: float, spans: Spans) -> bool:
    """Return whether a moment is in one of these spans."""
    return any(start <= t < end for start, end in spans)


class Breaker:
    """A circuit breaker on each phase, the meter that shows a law what flows through it, and what is judged of both."""

    def __init__(
        self,
        fuse_a: Sequence[float],
        meter_every_s: float,
        score: FuseScore,
        is_out_of_reach: Callable[[float], bool],
        *,
        readings: int = 1,
        allowed_s: float = ALLOWED_S,
    ) -> None:
        """Begin cold; `is_out_of_reach` returns whether no law could have helped at a moment.

        An overload may last for so many readings and so many seconds.
        """
        self.fuse_a, self.meter_every_s, self.score = tuple(fuse_a), meter_every_s, score
        self._is_out_of_reach = is_out_of_reach
        self._readings, self._allowed_s = readings, allowed_s
        self.amps = [0.0 for _ in fuse_a]
        self.heat = [0.0 for _ in fuse_a]
        self.over_since: list[float | None] = [None for _ in fuse_a]
        # When a load last came on top: a law has its time for each.
        self._grew_s = [-math.inf for _ in fuse_a]
        self._longest_gap_s = [0.0 for _ in fuse_a]
        self._read_s = [-math.inf for _ in fuse_a]

    def pass_time(self, now: float, seconds: float) -> None:
        """Let time pass with the currents as they are; `now` is its beginning."""
        cooling, score = math.exp(-seconds / WARMS_UP_S), self.score
        for p, fuse in enumerate(self.fuse_a):
            amps = self.amps[p]
            warm = (amps / fuse) ** 2
            self.heat[p] = warm + (self.heat[p] - warm) * cooling
            if self.heat[p] > TRIPS_AT:
                self.heat[p] = 0.0
                if self._is_out_of_reach(now):
                    score.trips_out_of_reach += 1
                else:
                    score.trips += 1
                    score.hottest = 1.0
            elif self.heat[p] > score.hottest * TRIPS_AT and not self._is_out_of_reach(now):
                score.hottest = self.heat[p] / TRIPS_AT
            if amps > fuse + OVER_A:
                score.over_s += seconds

    def weigh(self, t: float) -> None:
        """Note for how long what flows now is over the fuse."""
        for p, fuse in enumerate(self.fuse_a):
            since = self.over_since[p]
            if self.amps[p] > fuse + OVER_A:
                if since is None:
                    self.over_since[p], self._longest_gap_s[p] = t, 0.0
            elif since is not None:
                self.over_since[p] = None
                self._judge_overload(p, since, t)

    def _judge_overload(self, p: int, since_s: float, t: float) -> None:
        """Judge an overload that is over now."""
        if self._is_out_of_reach(since_s) or self._is_out_of_reach(t):
            return
        gap_s = max(self._longest_gap_s[p], t - self._read_s[p], self.meter_every_s)
        self.score.longest_s = max(self.score.longest_s, t - since_s)
        self.score.late += t - max(since_s, self._grew_s[p]) > self._readings * gap_s + self._allowed_s

    def note_load(self, phase: int, t: float) -> None:
        """Note that a load came on top of what may be too much already."""
        if self.over_since[phase] is not None:
            self._grew_s[phase], self._longest_gap_s[phase] = t, 0.0

    def note_reading(self, reading: Sequence[float | None], t: float) -> None:
        """Note which phases the meter has reported."""
        for p, amps in enumerate(reading):
            if amps is not None:
                self._longest_gap_s[p] = max(self._longest_gap_s[p], t - self._read_s[p])
                self._read_s[p] = t


class Limit(Breaker):
    """A limit that trips nothing: for how long there is too much while cars draw."""

    def __init__(
        self, limit_a: Sequence[float], amps_fn: Callable[[], Sequence[float]], *args: Any, **kwargs: Any
    ) -> None:
        """Begin with the limit on; `amps_fn` returns what is limited now, 0 where nothing could be lowered."""
        super().__init__(limit_a, *args, **kwargs)
        self._amps_fn = amps_fn
        self.is_on = True

    @override
    def weigh(self, t: float) -> None:
        self.amps[:] = self._amps_fn() if self.is_on else [0.0] * len(self.fuse_a)
        super().weigh(t)


class World[C: Car[Any]](ABC):
    """A house, its fuse, its meter, its chargers and cars, and a law."""

    def __init__(self, day: Day, law: Law, cars: Sequence[C], score: FuseScore, seed: int) -> None:
        """Begin with nothing switched on."""
        self.day, self.law, self.cars, self.score = day, law, cars, score
        self.rng = Random(seed)
        self.house = [0.0 for _ in day.fuse_a]
        self.fuse = Breaker(day.fuse_a, day.meter_every_s, score, self.is_out_of_reach)
        self.mains = self.fuse.amps
        self.now = 0.0
        self._serial = count()
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []

    def at(self, t: float, what: Callable[[float], None]) -> None:
        """Have something happen."""
        heapq.heappush(self._heap, (t, next(self._serial), what))

    def pass_events(self, is_over: Callable[[float], bool]) -> None:
        """Let things happen until the next one would be too late."""
        while self._heap:
            t, _, what = heapq.heappop(self._heap)
            if is_over(t):
                break
            if t > self.now:
                self.pass_time(t - self.now)
                self.now = t
            what(t)

    # The fuse

    def pass_time(self, seconds: float) -> None:
        """Let time pass with the currents as they are."""
        for car in self.cars:
            if car.drawn_a:
                car.got_wh += car.drawn_a * len(car.phases) * VOLTS * seconds / 3600
        self.fuse.pass_time(self.now, seconds)

    def weigh(self, t: float) -> None:
        """Work out the mains, and for how long they are over the fuse."""
        self.mains[:] = self.house
        for car in self.cars:
            if car.drawn_a:
                for p in car.phases:
                    self.mains[p] += car.drawn_a
        self.fuse.weigh(t)

    def is_out_of_reach(self, t: float) -> bool:
        """Return whether a charger cannot be commanded, or was not commanded since it can be."""
        late_s = 2 * self.day.meter_every_s + ALLOWED_S
        return any(start <= t < end + late_s for car in self.cars for start, end in car.kind.line_down)

    # What happens

    def switch(self, phase: int, amps: float, t: float) -> None:
        """Switch a load of the house."""
        self.house[phase] += amps
        self.weigh(t)
        if amps > 0:
            self.fuse.note_load(phase, t)

    def note_reading(self, reading: Sequence[float | None], t: float) -> None:
        """Note for the judge which phases the meter has reported."""
        self.fuse.note_reading(reading, t)

    def report(self, reading: Sequence[float | None], t: float) -> None:
        """Let the law take a reading of the meter."""
        self.note_reading(reading, t)
        self.law.read_mains(t, reading)
        if self.law.every_s == 0:
            self.carry_out(t)

    def tick(self, t: float) -> None:
        """Let the law's own clock strike."""
        self.at(t + (self.law.every_s or 5.0), self.tick)
        self.carry_out(t)

    def read(self, car: C, t: float) -> None:
        """Read a charger, and what it missed while it could not be reached."""
        self.at(t + car.kind.read_every_s, partial(self.read, car))
        if inside(t, car.kind.line_down):
            return
        if car.pending_a is not None:
            self.give(t, car, car.pending_a)
        if car.drawn_a:
            # A battery that gets full takes less.
            self.draw(car, t)
        self.show(car, t)

    def show(self, car: C, t: float) -> None:
        """Let the law take a reading of a charger."""
        drawn = [car.drawn_a if n < len(car.phases) else 0.0 for n in range(len(car.kind.phases))]
        self.law.read_car(t, car.n, car.offer_a, car.plugged, drawn)

    @abstractmethod
    def draw(self, car: C, t: float) -> None:
        """Let a car draw what it would now."""

    def plug(self, car: C, plugged: bool, t: float) -> None:
        """Plug a car in, or drive away with it."""
        car.plugged = plugged
        self.draw(car, t)

    def feel(self, car: C, amps: float, t: float) -> None:
        """Let a car notice what it is offered."""
        car.felt_a = amps
        self.draw(car, t)

    def carry_out(self, t: float) -> None:
        """Carry out what the law decides."""
        for n, amps in self.law.offers(t).items():
            car = self.cars[n]
            if inside(t, car.kind.line_down):
                car.pending_a = amps
            else:
                self.give(t, car, amps)

    def give(self, t: float, car: C, amps: float) -> None:
        """Set the limit of a charger."""
        car.pending_a = None
        self.law.taken(car.n, amps)
        if amps != car.offer_a:
            assert amps == 0 or amps >= LEAST_A, amps
            car.offer_a = amps
            car.writes += 1
            self.at(t + car.kind.follows_s, partial(self.feel, car, amps))
