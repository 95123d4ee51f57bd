"""Days of a roof with clouds and one car, by which laws of charging by the sun are judged; second by second."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, fields
from functools import partial
import math
from random import Random
from typing import Protocol

VOLTS, LEAST_A, MOST_A = 230.0, 6.0, 16.0
BEGIN_S, END_S = 7 * 3600, 19 * 3600
# So often a charger is read, and so long it takes to switch its phases, paused before.
READ_EVERY_S, SWITCHES_S = 5, 10
# What a cloud leaves of the sun at most, and within how many seconds it comes and goes.
_LEAVES, _RAMP_S = 0.75, (1, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SunDay:
    """One day: what the roof gives and the house draws in each second, in W, and what the charger and the car can."""

    roof_w: Sequence[float]
    house_w: Sequence[float]
    phases: int
    can_switch: bool
    step_a: float
    meter_every_s: int
    follows_s: int
    wakes_s: int


class SunDayLaw(Protocol):
    """What is judged: it is asked after each reading of the meter, or at its own pace."""

    every_s: int

    def read_mains(self, t: float, mains_a: Sequence[float]) -> None:
        """Take a reading of the meter, in A of each phase, export negative."""

    def read_car(self, t: float, offer_a: float, phases: int, drawn_a: float) -> None:
        """Take a reading of the charger: its limit, its phases, and what is drawn from each of them."""

    def decide(self, t: float) -> tuple[float, int]:
        """Return the current that is to be set, 0 to pause, and on how many phases."""


type MakeSunLaw = Callable[[SunDay], SunDayLaw]


@dataclass(slots=True, kw_only=True)
class SunScore:
    """What a law made of the sun, over one day or many."""

    days: int = 0
    possible_wh: float = 0.0
    sun_wh: float = 0.0
    grid_wh: float = 0.0
    starts: int = 0
    switches: int = 0
    under_load: int = 0
    writes: int = 0

    def add(self, other: SunScore) -> None:
        """Add another day."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    @property
    def used(self) -> float:
        """Return the part of the possible energy that was used."""
        return self.sun_wh / self.possible_wh if self.possible_wh else 1.0

    @property
    def grid(self) -> float:
        """Return the part of what was charged that came from the grid."""
        charged_wh = self.sun_wh + self.grid_wh
        return self.grid_wh / charged_wh if charged_wh else 0.0


def sun_day(number: int) -> SunDay:
    """Return the day of this number: clear, broken or dull, in a house of its own."""
    rng = Random(number)
    phases = rng.choice((1, 1, 3, 3, 3))
    return SunDay(
        roof_w=roof_of(rng, rng.uniform(3000, 6000) if phases == 1 else rng.uniform(4000, 13_000)),
        house_w=_house(rng),
        phases=phases,
        can_switch=phases == 3 and rng.random() < 0.5,
        step_a=rng.choice((0.1, 1.0)),
        meter_every_s=rng.choice((1, 2, 5, 10)),
        follows_s=rng.randint(1, 5),
        wakes_s=rng.randint(8, 40),
    )


def roof_of(rng: Random, peak_w: float) -> list[float]:
    """Return a sine of the day with clouds that come and go."""
    sunrise_s, sunset_s = rng.uniform(5, 7.5) * 3600, rng.uniform(17.5, 20.5) * 3600
    # Of how much of the time there are clouds, and how long each lasts.
    cloudy, lasts_s = rng.choice(((0.0, 60), (0.15, 90), (0.4, 60), (0.5, 240), (0.6, 600), (0.9, 1200)))
    watts: list[float] = []
    factor, aim, left_s, per_s = 1.0, 1.0, 0, 0.0
    for t in range(BEGIN_S, END_S):
        if left_s <= 0:
            aim = rng.uniform(0.1, _LEAVES) if rng.random() < cloudy else 1.0
            left_s = max(10, round(rng.expovariate(1 / lasts_s)))
            per_s = abs(aim - factor) / rng.randint(*_RAMP_S)
        left_s -= 1
        factor += max(-per_s, min(per_s, aim - factor))
        height = math.sin(math.pi * (t - sunrise_s) / (sunset_s - sunrise_s))
        watts.append(max(0.0, peak_w * height) * factor)
    return watts


def _house(rng: Random) -> list[float]:
    """Return a house with a fridge, and with loads that are switched on now and then."""
    base_w = rng.uniform(150, 500)
    watts = [base_w + rng.gauss(0, 15) for _ in range(END_S - BEGIN_S)]
    loads = [(120.0, 900)] * 20 + [(rng.uniform(800, 2500), rng.randint(90, 3000)) for _ in range(8)]
    for load_w, lasts_s in loads:
        begin = rng.randrange(len(watts))
        for t in range(begin, min(len(watts), begin + lasts_s)):
            watts[t] += load_w
    return watts


class Plant:
    """A charger and a car on one day."""

    def __init__(self, day: SunDay, law: SunDayLaw) -> None:
        """Begin with a car that is paused, on as many phases as it has."""
        self.day, self.law = day, law
        self.score = SunScore(days=1)
        self.offer_a = self.felt_a = self.drawn_a = 0.0
        self.phases = day.phases
        self._felt: list[tuple[int, float]] = []
        self._wakes_at = self._switched_at = -1
        self._wanted = self.phases

    def live(self) -> SunScore:
        """Let the day pass."""
        day, law, score = self.day, self.law, self.score
        for t, (roof_w, house_w) in enumerate(zip(day.roof_w, day.house_w, strict=True)):
            self._follow(t)
            car_w = self.drawn_a * self.phases * VOLTS
            self._judge(roof_w - house_w, car_w)
            if t % READ_EVERY_S == 0:
                law.read_car(t, self.offer_a, self.phases, self.drawn_a)
            is_read = t % day.meter_every_s == 0
            if is_read:
                rest_a = (house_w - roof_w) / 3 / VOLTS
                law.read_mains(
                    t, [rest_a + (self.drawn_a if phase < self.phases else 0.0) for phase in range(3)]
                )
            if is_read if law.every_s == 0 else t % law.every_s == 0:
                self._obey(t, *law.decide(t))
        return score

    def _judge(self, surplus_w: float, car_w: float) -> None:
        score, left_w = self.score, max(0.0, surplus_w)
        score.possible_wh += min(left_w, MOST_A * self.day.phases * VOLTS) / 3600
        score.sun_wh += min(car_w, left_w) / 3600
        score.grid_wh += max(0.0, car_w - left_w) / 3600

    def _obey(self, t: int, amps: float, phases: int) -> None:
        assert amps == 0 or LEAST_A <= amps <= MOST_A, amps
        if amps != self.offer_a:
            self.score.writes += 1
            self.offer_a = amps
            self._felt.append((t + self.day.follows_s, amps))
        if phases != self._wanted and self.day.can_switch:
            # Each box stops the car before, which a law that waited for that does not need.
            self.score.switches += 1
            self.score.under_load += self.drawn_a > 0
            self._wanted, self._switched_at = phases, t + SWITCHES_S

    def _follow(self, t: int) -> None:
        while self._felt and self._felt[0][0] <= t:
            self.felt_a = self._felt.pop(0)[1]
        if self._switched_at >= 0:
            self.drawn_a, self._wakes_at = 0.0, -1
            if t >= self._switched_at:
                self.phases, self._switched_at = self._wanted, -1
            return
        if self.felt_a < LEAST_A:
            self.drawn_a, self._wakes_at = 0.0, -1
        elif self.drawn_a:
            self.drawn_a = self.felt_a
        elif self._wakes_at < 0:
            self._wakes_at = t + self.day.wakes_s
        elif t >= self._wakes_at:
            self.drawn_a, self._wakes_at = self.felt_a, -1
            self.score.starts += 1


def _one(number: int, make: MakeSunLaw) -> SunScore:
    day = sun_day(number)
    return Plant(day, make(day)).live()


def play_sun(days: Sequence[int], make: MakeSunLaw, jobs: int = 1) -> list[SunScore]:
    """Play the days of these numbers with a law, in their order."""
    with ProcessPoolExecutor(jobs) if jobs > 1 else nullcontext() as pool:
        play_one = partial(_one, make=make)
        return list(pool.map(play_one, days, chunksize=5) if pool else map(play_one, days))


def sun_total(scores: Iterable[SunScore]) -> SunScore:
    """Return what these days come to together."""
    result = SunScore()
    for score in scores:
        result.add(score)
    return result


def sun_table(scores: Mapping[str, SunScore]) -> str:
    """Return the scores as a table in Markdown."""
    titles = (
        *("law", "days", "surplus used", "from the grid", "starts a day", "phase changes a day"),
        *("kWh of the sun a day", "writes a day"),
    )
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for name, s in scores.items():
        cells = (
            *(name, s.days, f"{100 * s.used:.1f} %", f"{100 * s.grid:.1f} %", f"{s.starts / s.days:.1f}"),
            *(f"{s.switches / s.days:.1f}", f"{s.sun_wh / s.days / 1000:.2f}", f"{s.writes / s.days:.0f}"),
        )
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines)
