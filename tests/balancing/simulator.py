"""Judge laws of load balancing over random days; script/balance prints what comes of it.

Time is compressed: nothing happens between two events, and currents are constant there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
import heapq
from itertools import count
import math
from random import Random
from typing import Protocol

from custom_components.evse_pilot.balancing.law.law import Law as EvsePilot
from custom_components.evse_pilot.balancing.law.model import Group, Member
from custom_components.evse_pilot.chargers.types import Load, Status

from . import peers
from .controller import SimulatedController
from .days import DAY_S, HOUSE_AT_MOST, VOLTS, CarKind, Day, Spans, random_day

LEAST_A = 6.0
# The last part of a charge, in which a car takes less and less, down to a trickle.
_TAPER, _TRICKLE_A = 0.15, 2.0
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


@dataclass(slots=True)
class Score:
    """What a law did to the fuse, the contactors and the cars, over one day or many."""

    days: int = 0
    trips: int = 0
    # While a charger could not be reached, or did not have the command that it missed: no law can help that
    trips_out_of_reach: int = 0
    hottest: float = 0.0
    over_s: float = 0.0
    longest_s: float = 0.0
    late: int = 0
    stops: int = 0
    writes: int = 0
    most_writes: int = 0
    cars: int = 0
    delivered_wh: float = 0.0
    wanted_wh: float = 0.0

    def add(self, other: Score) -> None:
        """Add another day."""
        for name in (
            "days",
            "trips",
            "over_s",
            "late",
            "stops",
            "writes",
            "cars",
            "delivered_wh",
            "wanted_wh",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("hottest", "longest_s", "most_writes"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))


@dataclass(slots=True)
class _Car:
    kind: CarKind
    phases: tuple[int, ...]
    offer_a: float
    felt_a: float
    drawn_a: float = 0.0
    got_wh: float = 0.0
    wakes_at_s: float = math.inf
    plugged: bool = False
    writes: int = 0
    stops: int = 0
    pending_a: float | None = None

    @property
    def full(self) -> bool:
        return self.got_wh >= self.kind.wants_wh

    def draw(self, t: float) -> None:
        """Follow what it feels on the pilot."""
        kind = self.kind
        if not self.plugged or self.full or self.felt_a < LEAST_A or t < kind.starts_s:
            self.stops += self.plugged and not self.full and self.drawn_a > 0
            self.drawn_a, self.wakes_at_s = 0.0, math.inf
            return
        if self.drawn_a == 0:
            if self.wakes_at_s == math.inf:
                self.wakes_at_s = t + kind.wakes_s
            if t < self.wakes_at_s:
                return
        left = 1 - self.got_wh / kind.wants_wh
        most_a = kind.maximum_a if left >= _TAPER else max(_TRICKLE_A, kind.maximum_a * left / _TAPER)
        self.drawn_a = min(self.felt_a * kind.takes, most_a)


def _inside(t: float, spans: Spans) -> bool:
    return any(start <= t < end for start, end in spans)


class _World:
    """One day: a house, its fuse, its meter, its chargers and cars, and a law."""

    def __init__(self, day: Day, make: MakeLaw, seed: int) -> None:
        """Begin shortly before the first car comes."""
        self.day, self.law, self.rng = day, make(day), Random(seed)
        self.phases = range(len(day.fuse_a))
        self.house = [0.0 for _ in self.phases]
        self.mains = [0.0 for _ in self.phases]
        self.heat = [0.0 for _ in self.phases]
        self.over_since: list[float | None] = [None for _ in self.phases]
        # When a load last came on top: a law has its time for each.
        self.grew_s = [-math.inf for _ in self.phases]
        self.longest_gap_s = [0.0 for _ in self.phases]
        self.read_s = -math.inf
        self.cars = [
            _Car(kind, tuple(phase - 1 for phase in kind.phases[: kind.uses]), LEAST_A, LEAST_A)
            for kind in day.cars
        ]
        self.score = Score(days=1, cars=len(self.cars), wanted_wh=sum(kind.wants_wh for kind in day.cars))
        self._serial = count()
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self.now = min(kind.plugs_in_s for kind in day.cars) - 120
        self._begin()

    def at(self, t: float, what: Callable[[float], None]) -> None:
        """Have something happen."""
        heapq.heappush(self._heap, (t, next(self._serial), what))

    def _begin(self) -> None:
        for t, phase, amps in self.day.changes:
            if t <= self.now:
                self.house[phase] += amps
            else:
                self.at(t, partial(self.switch, phase, amps))
        self.weigh(self.now)
        self.at(self.now + self.rng.random() * self.day.meter_every_s, self.sample)
        self.at(self.now, self.tick)
        for car in self.cars:
            self.at(self.now + self.rng.random() * car.kind.read_every_s, partial(self.read, car))
            self.at(car.kind.plugs_in_s, partial(self.plug, car, True))
            self.at(car.kind.starts_s, partial(self.draw, car))
            self.at(car.kind.leaves_s, partial(self.plug, car, False))

    def live(self) -> Score:
        """Let the day pass, until the last car is full or gone."""
        while self._heap:
            t, _, what = heapq.heappop(self._heap)
            if t > DAY_S or all(
                t > car.kind.plugs_in_s and (car.full or not car.plugged) for car in self.cars
            ):
                break
            if t > self.now:
                self.pass_time(t - self.now)
                self.now = t
            what(t)
        score = self.score
        score.stops = sum(car.stops for car in self.cars)
        score.writes = sum(car.writes for car in self.cars)
        score.most_writes = max(car.writes for car in self.cars)
        score.delivered_wh = sum(car.got_wh for car in self.cars)
        return score

    # The fuse

    def pass_time(self, seconds: float) -> None:
        """Let time pass with the currents as they are."""
        for car in self.cars:
            if car.drawn_a:
                car.got_wh += car.drawn_a * len(car.phases) * VOLTS * seconds / 3600
        cooling, score = math.exp(-seconds / WARMS_UP_S), self.score
        for p, fuse in enumerate(self.day.fuse_a):
            amps = self.mains[p]
            warm = (amps / fuse) ** 2
            self.heat[p] = warm + (self.heat[p] - warm) * cooling
            if self.heat[p] > TRIPS_AT:
                self.heat[p] = 0.0
                if self._out_of_reach(self.now):
                    score.trips_out_of_reach += 1
                else:
                    score.trips += 1
            elif self.heat[p] > score.hottest * TRIPS_AT and not self._out_of_reach(self.now):
                score.hottest = self.heat[p] / TRIPS_AT
            if amps > fuse + OVER_A:
                score.over_s += seconds

    def weigh(self, t: float) -> None:
        """Work out the mains, and for how long they are over the fuse."""
        self.mains[:] = self.house
        for car in self.cars:
            if car.drawn_a:
                for p in car.phases:
                    self.mains[p] += car.drawn_a
        for p, fuse in enumerate(self.day.fuse_a):
            since = self.over_since[p]
            if self.mains[p] > fuse + OVER_A:
                if since is None:
                    self.over_since[p], self.longest_gap_s[p] = t, 0.0
            elif since is not None:
                self.over_since[p] = None
                self._judge_overload(p, since, t)

    def _judge_overload(self, p: int, since_s: float, t: float) -> None:
        if self._out_of_reach(since_s) or self._out_of_reach(t):
            return
        gap_s = max(self.longest_gap_s[p], t - self.read_s, self.day.meter_every_s)
        self.score.longest_s = max(self.score.longest_s, t - since_s)
        self.score.late += t - max(since_s, self.grew_s[p]) > gap_s + ALLOWED_S

    def _out_of_reach(self, t: float) -> bool:
        """Return whether a charger cannot be commanded, or was not commanded since it can be."""
        late_s = 2 * self.day.meter_every_s + ALLOWED_S
        return any(start <= t < end + late_s for car in self.cars for start, end in car.kind.line_down)

    # What happens

    def switch(self, phase: int, amps: float, t: float) -> None:
        """Switch a load of the house."""
        self.house[phase] += amps
        self.weigh(t)
        if amps > 0 and self.over_since[phase] is not None:
            self.grew_s[phase], self.longest_gap_s[phase] = t, 0.0

    def sample(self, t: float) -> None:
        """Measure the mains; the reading arrives later, or never."""
        self.at(t + self.day.meter_every_s, self.sample)
        if self.rng.randrange(self.day.meter_loses) and not _inside(t, self.day.meter_down):
            reading = [amps + self.rng.gauss(0, self.day.meter_noise_a) for amps in self.mains]
            self.at(t + self.day.meter_delay_s, partial(self.report, reading))

    def report(self, reading: list[float], t: float) -> None:
        """Let the law take a reading of the meter."""
        for p in self.phases:
            self.longest_gap_s[p] = max(self.longest_gap_s[p], t - self.read_s)
        self.read_s = t
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
            self.draw(car, t)
        drawn = [car.drawn_a if n < len(car.phases) else 0.0 for n in range(len(car.kind.phases))]
        self.law.read_car(t, self.cars.index(car), car.offer_a, car.plugged, drawn)

    def plug(self, car: _Car, plugged: bool, t: float) -> None:
        """Plug a car in, or drive away with it."""
        car.plugged = plugged
        self.draw(car, t)

    def draw(self, car: _Car, t: float) -> None:
        """Let a car draw what it would now."""
        car.draw(t)
        if car.drawn_a == 0 and t < car.wakes_at_s < math.inf:
            self.at(car.wakes_at_s, partial(self.draw, car))
        self.weigh(t)

    def feel(self, car: _Car, amps: float, t: float) -> None:
        """Let a car notice what it is offered."""
        car.felt_a = amps
        self.draw(car, t)

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
        self.law.taken(self.cars.index(car), amps)
        if amps != car.offer_a:
            assert amps == 0 or amps >= LEAST_A, amps
            car.offer_a = amps
            car.writes += 1
            self.at(t + car.kind.follows_s, partial(self.feel, car, amps))


def play(day: Day, make: MakeLaw, seed: int = 0) -> Score:
    """Live through one day with a law."""
    return _World(day, make, seed).live()


class Ours:
    """The law of EVSE Pilot, with a controller for each charger, as its group has them."""

    # At each reading of the meter; and at a tick, for silence.
    every_s = 0.0

    def __init__(self, day: Day) -> None:
        """Make the group of a house, with a safe current that is safe whatever the house may draw."""
        safe_a = (math.sqrt(TRIPS_AT) - HOUSE_AT_MOST) * day.fuse_a[0] / len(day.cars)
        self.law = EvsePilot(
            Group(
                fuse_a=day.fuse_a,
                margin_a=day.margin_a,
                safe_a=safe_a if safe_a >= LEAST_A else 0.0,
                members=tuple(
                    Member(
                        id=str(n),
                        phases=car.phases,
                        maximum_a=car.maximum_a,
                        step_a=car.step_a,
                        priority=car.priority,
                    )
                    for n, car in enumerate(day.cars)
                ),
            )
        )
        self._cars = day.cars
        self._controllers = [SimulatedController(LEAST_A, car.read_every_s) for car in day.cars]
        # What each charger offers, as far as its commands have been taken.
        self._offers_a = [LEAST_A for _ in day.cars]
        self._meter_every_s = day.meter_every_s + 1
        self._read_s = -math.inf

    def read_mains(self, t: float, amps: Sequence[float | None]) -> None:
        """Take a reading of the meter."""
        self._read_s = t
        self.law.read_mains(t, amps)

    def read_car(self, t: float, n: int, offer_a: float, plugged: bool, drawn_a: Sequence[float]) -> None:
        """Take a reading of a charger."""
        charging = Status.CHARGING if any(drawn_a) else Status.CONNECTED if offer_a else Status.PAUSED
        load = Load(
            status=charging if plugged else Status.DISCONNECTED,
            limit_a=offer_a,
            minimum_a=LEAST_A,
            maximum_a=self._cars[n].maximum_a,
            step_a=self._cars[n].step_a,
            phases=tuple(range(1, len(drawn_a) + 1)),
            drawn_a=tuple(drawn_a) if self._cars[n].measures else None,
        )
        controller = self._controllers[n]
        controller.read(t, load)
        core = controller.core
        self._offers_a[n] = offer_a
        self.law.read_charger(
            t,
            str(n),
            load,
            own=controller.own,
            is_off_at_charger=controller.is_off,
            ack=core.ack,
            foreign=core.foreign,
        )

    def offers(self, t: float) -> Mapping[int, float]:
        """Decide; nothing is new between two readings of a meter that reports."""
        if self._read_s < t < self._read_s + self._meter_every_s:
            return {}
        for write in self.law.decide(t).writes:
            self._controllers[int(write.id)].give(write.amps)
        commands = {n: amps for n, c in enumerate(self._controllers) if (amps := c.command(t)) is not None}
        return {n: commands[n] for n in sorted(commands, key=lambda n: commands[n] > self._offers_a[n])}

    def taken(self, n: int, amps: float) -> None:
        """Note that a charger took a command."""
        self._controllers[n].core.ack.accept(amps)
        self._offers_a[n] = amps


LAWS: dict[str, MakeLaw] = {
    "EVSE Pilot": Ours,
    "naive, 10 s": peers.Naive,
    "evcc, 30 s": peers.Evcc,
    "evcc, 10 s": peers.EvccFast,
    "SmartEVSE": peers.SmartEvse,
    "helb": peers.Helb,
    "Load Juggler": peers.LoadJuggler,
    "WARP": peers.Warp,
}


def _one(number: int, name: str) -> Score:
    return play(random_day(number), LAWS[name], number)


def play_all(days: Sequence[int], name: str, jobs: int = 1) -> list[Score]:
    """Play the days of these numbers with a law, in their order."""
    with ProcessPoolExecutor(jobs) if jobs > 1 else nullcontext() as pool:
        play_one = partial(_one, name=name)
        return list(pool.map(play_one, days, chunksize=10) if pool else map(play_one, days))


def total(scores: Iterable[Score]) -> Score:
    """Return what these days come to together."""
    result = Score()
    for score in scores:
        result.add(score)
    return result


def judge(days: Sequence[int], names: Sequence[str], jobs: int = 1) -> dict[str, Score]:
    """Play the days of these numbers with each law."""
    return {name: total(play_all(days, name, jobs)) for name in names}


def by_meter(days: Sequence[int], scores: Sequence[Score]) -> dict[str, Score]:
    """Return what the days with a meter of the same pace come to."""
    paces: dict[float, Score] = {}
    for number, score in zip(days, scores, strict=True):
        paces.setdefault(random_day(number).meter_every_s, Score()).add(score)
    return {f"{pace_s:g} s": paces[pace_s] for pace_s in sorted(paces)}


def meter_table(scores: Mapping[str, Score]) -> str:
    """Return the scores by the pace of the meter as a table in Markdown."""
    titles = ("of these, the meter reports every", "days", "over the fuse, s a day", "longest, s", "hottest")
    lines = [f"| {' | '.join(titles)} | of what was wanted | stops a car and day |", "|---" * 7 + "|"]
    for pace, s in scores.items():
        cells = (
            *(pace, s.days, f"{s.over_s / s.days:.0f}", f"{s.longest_s:.0f}", f"{100 * s.hottest:.0f} %"),
            *(f"{100 * s.delivered_wh / s.wanted_wh:.1f} %", f"{s.stops / s.cars:.1f}"),
        )
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines)


def table(scores: Mapping[str, Score]) -> str:
    """Return the scores as a table in Markdown."""
    titles = (
        *(
            "law",
            "trips",
            "hottest",
            "over the fuse, s a day",
            "longest, s",
            "too long",
            "stops a car and day",
        ),
        *("kWh a day", "of what was wanted", "writes a car and day", "most"),
    )
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for name, s in scores.items():
        cells = (
            *(name, f"{s.trips} ({s.trips_out_of_reach})", f"{100 * s.hottest:.0f} %"),
            *(f"{s.over_s / s.days:.0f}", f"{s.longest_s:.0f}", s.late, f"{s.stops / s.cars:.1f}"),
            *(f"{s.delivered_wh / s.days / 1000:.1f}", f"{100 * s.delivered_wh / s.wanted_wh:.1f} %"),
            *(f"{s.writes / s.cars:.0f}", s.most_writes),
        )
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines)
