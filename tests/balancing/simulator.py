"""Judge laws of load balancing over random days; script/balance prints what comes of it."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
import math
from typing import Any, cast, override

from custom_components.evse_pilot.balancing.law.law import Law as EvsePilot
from custom_components.evse_pilot.balancing.law.model import Group, Member
from custom_components.evse_pilot.chargers.types import Load, Status

from . import peers
from .controller import SimulatedController
from .days import DAY_S, HOUSE_AT_MOST, CarKind, Day, random_day
from .world import LEAST_A, TRIPS_AT, Car, FuseScore, Law, MakeLaw, World, inside


@dataclass(slots=True, kw_only=True)
class Score(FuseScore):
    """What a law did to the fuse, the contactors and the cars, over one day or many."""

    days: int = 0
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
            "trips_out_of_reach",
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


class DayWorld[C: Car[Any] = Car[CarKind]](World[C]):
    """One day; cars follow a new offer at once, after their delay."""

    score: Score

    def __init__(self, day: Day, law: Law, seed: int, score: Score | None = None) -> None:
        """Begin shortly before the first car comes."""
        cars = [self.new_car(n, kind) for n, kind in enumerate(day.cars)]
        score = score or Score()
        score.days, score.cars = 1, len(cars)
        score.wanted_wh = sum(kind.wants_wh for kind in day.cars)
        super().__init__(day, law, cars, score, seed)
        self.now = min(kind.plugs_in_s for kind in day.cars) - 120
        self._begin()

    def new_car(self, n: int, kind: CarKind) -> C:
        """Return a car at its charger."""
        return cast("C", Car(n, kind, tuple(phase - 1 for phase in kind.phases[: kind.uses])))

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
        self.pass_events(
            lambda t: (
                t > DAY_S
                or all(t > car.kind.plugs_in_s and (car.full or not car.plugged) for car in self.cars)
            )
        )
        score = self.score
        score.stops = sum(car.stops for car in self.cars)
        score.writes = sum(car.writes for car in self.cars)
        score.most_writes = max(car.writes for car in self.cars)
        score.delivered_wh = sum(car.got_wh for car in self.cars)
        return score

    def sample(self, t: float) -> None:
        """Measure the mains; the reading arrives later, or never."""
        self.at(t + self.day.meter_every_s, self.sample)
        if self.rng.randrange(self.day.meter_loses) and not inside(t, self.day.meter_down):
            reading = [amps + self.rng.gauss(0, self.day.meter_noise_a) for amps in self.mains]
            self.at(t + self.day.meter_delay_s, partial(self.report, reading))

    @override
    def draw(self, car: C, t: float) -> None:
        self.follow(car, t)
        if car.drawn_a == 0 and t < car.wakes_at_s < math.inf:
            self.at(car.wakes_at_s, partial(self.draw, car))
        self.weigh(t)

    def follow(self, car: C, t: float) -> None:
        """Let a car follow what it feels on the pilot."""
        kind = car.kind
        if not car.plugged or car.full or car.felt_a < LEAST_A or t < kind.starts_s:
            car.stops += car.plugged and not car.full and car.drawn_a > 0
            car.drawn_a, car.wakes_at_s = 0.0, math.inf
            return
        if car.drawn_a == 0:
            if car.wakes_at_s == math.inf:
                car.wakes_at_s = t + kind.wakes_s
            if t < car.wakes_at_s:
                return
        car.drawn_a = min(car.felt_a * kind.takes, car.most_a())


def play(day: Day, make: MakeLaw, seed: int = 0) -> Score:
    """Live through one day with a law."""
    return DayWorld(day, make(day), seed).live()


class Ours:
    """The law of EVSE Pilot, with a controller for each charger, as its group has them."""

    # At each reading of the meter; and at a tick, for silence.
    every_s = 0.0

    def __init__(self, day: Day) -> None:
        """Make the group of a house, and a controller for each charger."""
        self.law = EvsePilot(self.group(day))
        self._cars = day.cars
        self.controllers = [SimulatedController(LEAST_A, car.read_every_s) for car in day.cars]
        # What each charger offers, as far as its commands have been taken.
        self._offers_a = [LEAST_A for _ in day.cars]
        self._meter_every_s = day.meter_every_s + 1
        self._read_s = -math.inf
        # What the chargers that can switch their phases are set to.
        self.on_phases: dict[int, int] = {}

    def group(self, day: Day) -> Group:
        """Return the group of a house, with a safe current that is safe whatever the house may draw."""
        safe_a = (math.sqrt(TRIPS_AT) - HOUSE_AT_MOST) * day.fuse_a[0] / len(day.cars)
        return Group(
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
            phases=tuple(range(1, self.on_phases.get(n, len(drawn_a)) + 1)),
            drawn_a=tuple(drawn_a) if self._cars[n].measures else None,
        )
        controller = self.controllers[n]
        controller.read(t, load, self.on_phases.get(n))
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
            self.controllers[int(write.id)].give(write.amps)
        commands = {n: amps for n, c in enumerate(self.controllers) if (amps := c.command(t)) is not None}
        return {n: commands[n] for n in sorted(commands, key=lambda n: commands[n] > self._offers_a[n])}

    def taken(self, n: int, amps: float) -> None:
        """Note that a charger took a command."""
        self.controllers[n].core.ack.accept(amps)
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
