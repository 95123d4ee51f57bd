"""Days with a peak tariff: a target that the house alone never exceeds, and cars that take all that it leaves."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
import math
from random import Random
from typing import override

from custom_components.evse_pilot.balancing.law.peak import PeakWindow
from custom_components.evse_pilot.balancing.peaks.meter import WindowMeter

from .days import DAY_S, HOUR_S, VOLTS, Day, random_day
from .simulator import DayWorld, Ours
from .world import LEAST_A

# A fuse that is no limit, so that only the tariff is.
_FUSE_A = 80.0
# The least target of the Belgian tariff.
LEAST_TARGET_W = 2500.0
LENGTHS_S = (900.0, 900.0, 1800.0, 3600.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakDay:
    """A day, its windows, and the target; `house_ws` is what the house alone draws in each window, less what its sun gives."""

    day: Day
    length_s: float
    target_w: float
    house_ws: tuple[float, ...]


@dataclass(slots=True, kw_only=True)
class PeakScore:
    """What a law made of the windows of one day or of many."""

    days: int = 0
    windows: int = 0
    # Above the target by more than 1 %
    above: int = 0
    # The highest window, as a part of the target
    highest: float = 0.0
    delivered_wh: float = 0.0
    # No day with more than was planned for it
    counted_wh: float = 0.0
    planned_wh: float = 0.0
    stops: int = 0
    writes: int = 0
    cars: int = 0

    def add(self, other: PeakScore) -> None:
        """Add other days."""
        for name in (
            *("days", "windows", "above", "delivered_wh", "counted_wh", "planned_wh"),
            *("stops", "writes", "cars"),
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.highest = max(self.highest, other.highest)


def peak_day(number: int) -> PeakDay:
    """Return the day of this number: the house of the random day, and its cars without an end to their wishes.

    The house alone never draws more than the target.
    """
    day, rng = random_day(number), Random(number)
    cars = tuple(
        replace(
            car,
            phases=tuple(n for n in car.phases if n <= len(day.fuse_a)),
            wants_wh=1e6,
            starts_s=0.0,
            line_down=[],
        )
        for car in day.cars[:2]
    )
    day = replace(day, fuse_a=(_FUSE_A,) * len(day.fuse_a), cars=cars, meter_down=[])
    length_s = rng.choice(LENGTHS_S)
    house_ws = _house_ws(day, length_s)
    peak_w = most_w(day)
    target_w = max(LEAST_TARGET_W, peak_w * rng.choice((1.0, 1.1, 1.3)))
    return PeakDay(day=day, length_s=length_s, target_w=target_w, house_ws=house_ws)


def most_w(day: Day) -> float:
    """Return the most that the house alone draws at any moment."""
    house, most_a = [0.0] * len(day.fuse_a), 0.0
    for _, phase, amps in day.changes:
        house[phase] += amps
        most_a = max(most_a, sum(house))
    return VOLTS * most_a


def _house_ws(day: Day, length_s: float) -> tuple[float, ...]:
    """Return what the house alone draws in each window, less what its sun gives."""
    drawn = [0.0] * math.ceil(DAY_S / length_s)
    house, before_s = [0.0] * len(day.fuse_a), 0.0
    for t, phase, amps in [*day.changes, (float(DAY_S), 0, 0.0)]:
        watts = VOLTS * sum(house)
        while before_s < min(t, DAY_S):
            n = int(before_s // length_s)
            until_s = min(t, (n + 1) * length_s, DAY_S)
            drawn[n] += watts * (until_s - before_s)
            before_s = until_s
        house[phase] += amps
    return tuple(drawn)


def planned_wh(peak: PeakDay) -> float:
    """Return what a planner delivers that knows the house before, and starts no car that the target would stop again.

    A car gets no less than its minimum throughout a window, or nothing.
    """
    total_ws = 0.0
    for n, house_ws in enumerate(peak.house_ws):
        start_s, end_s = n * peak.length_s, (n + 1) * peak.length_s
        rest_ws = peak.target_w * peak.length_s - house_ws
        for car in peak.day.cars:
            there_s = max(0.0, min(end_s, car.leaves_s) - max(start_s, car.plugs_in_s))
            watt_seconds = VOLTS * car.uses * there_s
            if (least_ws := LEAST_A * watt_seconds) <= rest_ws:
                given_ws = min(rest_ws, car.maximum_a * car.takes * watt_seconds)
                total_ws += max(least_ws, given_ws)
                rest_ws -= given_ws
    return total_ws / HOUR_S


class PeakWatch:
    """What a group measures for a peak tariff with the meter of the mains; `t` in seconds from noon."""

    def __init__(self, length_s: float, target_w: float, begins_s: float) -> None:
        """Begin within the first window."""
        self.length_s, self.target_w = length_s, target_w
        self._meter = WindowMeter(lambda t: t // length_s * length_s, length_s, begins_s, assumed_w=target_w)

    def read(self, t: float, amps: Sequence[float | None]) -> None:
        """Take a reading of the mains."""
        self._meter.read(t, VOLTS * sum(each or 0.0 for each in amps))

    def window(self, t: float) -> PeakWindow:
        """Return what the window of now leaves to the law."""
        self._meter.advance(t)
        return PeakWindow(
            target_a=self.target_w / VOLTS,
            length_s=self.length_s,
            left_as=self._meter.left_ws(self.target_w) / VOLTS,
            left_s=self._meter.left_s(t),
        )


class PeakOurs(Ours):
    """The law of EVSE Pilot with a peak tariff."""

    def __init__(self, peak: PeakDay, day: Day) -> None:
        """Begin with the first window."""
        super().__init__(day)
        begins_s = min(car.plugs_in_s for car in day.cars) - 120
        self._watch = PeakWatch(peak.length_s, peak.target_w, begins_s)

    @override
    def read_mains(self, t: float, amps: Sequence[float | None]) -> None:
        self._watch.read(t, amps)
        super().read_mains(t, amps)

    @override
    def offers(self, t: float) -> Mapping[int, float]:
        self.law.peak = self._watch.window(t)
        return super().offers(t)


class Windows:
    """What was drawn in each window of a day, in Ws."""

    def __init__(self, length_s: float) -> None:
        """Begin with nothing drawn."""
        self._length_s = length_s
        self.drawn_ws = [0.0] * math.ceil(DAY_S / length_s)

    def pass_time(self, now: float, seconds: float, watts: float) -> None:
        """Let time pass with what is drawn; only import counts."""
        drawn_w = max(0.0, watts)
        at_s, end_s = now, min(now + seconds, float(DAY_S))
        while at_s < end_s:
            n = int(at_s // self._length_s)
            until_s = min(end_s, (n + 1) * self._length_s)
            self.drawn_ws[n] += drawn_w * (until_s - at_s)
            at_s = until_s


class _PeakWorld(DayWorld):
    """A day whose windows are counted."""

    def __init__(self, peak: PeakDay, seed: int) -> None:
        """Begin shortly before the first car comes."""
        self.windows = Windows(peak.length_s)
        super().__init__(peak.day, PeakOurs(peak, peak.day), seed)

    @override
    def pass_time(self, seconds: float) -> None:
        self.windows.pass_time(self.now, seconds, VOLTS * sum(self.mains))
        super().pass_time(seconds)


def play_peak(number: int) -> PeakScore:
    """Live through the day of this number."""
    peak = peak_day(number)
    world = _PeakWorld(peak, number)
    score = world.live()
    planned = planned_wh(peak)
    parts = [drawn / (peak.target_w * peak.length_s) for drawn in world.windows.drawn_ws]
    return PeakScore(
        days=1,
        windows=len(parts),
        above=sum(part > 1.01 for part in parts),
        highest=max(parts),
        delivered_wh=score.delivered_wh,
        counted_wh=min(score.delivered_wh, planned),
        planned_wh=planned,
        stops=score.stops,
        writes=score.writes,
        cars=score.cars,
    )


def play_peaks(numbers: Sequence[int], jobs: int = 1) -> dict[str, PeakScore]:
    """Live through the days of these numbers; return the scores by the pace of the meter, and of all."""
    if jobs > 1:
        with ProcessPoolExecutor(jobs) as pool:
            scores = list(pool.map(play_peak, numbers, chunksize=4))
    else:
        scores = [play_peak(number) for number in numbers]
    found = {"all": PeakScore()}
    for number, score in zip(numbers, scores, strict=True):
        found["all"].add(score)
        pace = f"meter {random_day(number).meter_every_s:g} s"
        found.setdefault(pace, PeakScore()).add(score)
    return dict(sorted(found.items(), key=lambda item: (len(item[0]), item[0])))


def peak_table(scores: Mapping[str, PeakScore]) -> str:
    """Return the scores as a table in Markdown."""
    titles = (
        *("", "days", "windows", "above by more than 1 %", "highest, of the target"),
        *("kWh a day", "of the planner", "stops a car and day", "writes a car and day"),
    )
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for name, s in scores.items():
        cells = (
            *(name, s.days, s.windows, s.above, f"{100 * s.highest:.1f} %"),
            *(f"{s.delivered_wh / s.days / 1000:.1f}", f"{100 * s.counted_wh / s.planned_wh:.1f} %"),
            *(f"{s.stops / s.cars:.1f}", f"{s.writes / s.cars:.0f}"),
        )
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines)
