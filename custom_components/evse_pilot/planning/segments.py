"""Time cut into segments, in each of which the power of a car and the price are the same.

Numbers in, segments out: no clock and no Home Assistant. Moments are in UTC, prices are per kWh in whatever unit.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
import math
from statistics import fmean

# The dust of binary fractions is no second.
_DUST_S = 1e-3
_DAYS_BACK = 7
_QUARTER_S = 900.0
# The longer it is until the deadline, the coarser the grid on which a car starts and stops: at most about 170 cells in a week.
_GRIDS = (
    (6 * 3600.0, _QUARTER_S / 3),
    (13 * 3600.0, _QUARTER_S / 2),
    (26 * 3600.0, _QUARTER_S),
    (50 * 3600.0, 2 * _QUARTER_S),
)
_COARSEST_S = 4 * _QUARTER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of a kWh from one moment to another."""

    start: datetime
    end: datetime
    per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The prices that are known, and their unit, such as EUR; None: they are in no unit."""

    prices: tuple[Price, ...] = ()
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time in which a car may charge, and the power that it would take, in W."""

    start: datetime
    end: datetime
    power_w: float


@dataclass(frozen=True, slots=True)
class Segment:
    """From one second to another of the epoch: the power in W, the price of a kWh, and whether that is known.

    `sun_w`: what the car has of the sun beside that, whether it is planned to charge or not.
    """

    start_s: float
    end_s: float
    power_w: float
    per_kwh: float
    is_known: bool
    sun_w: float = 0.0

    @property
    def energy_wh(self) -> float:
        """Return what a car takes in it, without the sun that it has anyway."""
        return self.power_w * (self.end_s - self.start_s) / 3600

    @property
    def sun_wh(self) -> float:
        """Return what a car has of the sun in it anyway."""
        return self.sun_w * (self.end_s - self.start_s) / 3600

    def part(self, start_s: float, end_s: float) -> Segment:
        """Return a part of it."""
        return Segment(start_s, end_s, self.power_w, self.per_kwh, self.is_known, self.sun_w)


class PriceCurve:
    """The price at any moment: as it is known, or as it was at the same time of the days before.

    `zone`: that of the clocks by which it is the same time.
    """

    def __init__(self, prices: Sequence[Price], zone: tzinfo = UTC) -> None:
        """Take prices that are in order and do not overlap."""
        self._prices = prices
        self._zone = zone
        self._starts = [price.start.timestamp() for price in prices]
        self._ends = [price.end.timestamp() for price in prices]
        self._mean = fmean(price.per_kwh for price in prices) if prices else 0.0

    @property
    def edges_s(self) -> set[float]:
        """Return when a price begins or ends."""
        return {*self._starts, *self._ends}

    @property
    def end_s(self) -> float | None:
        """Return until when prices are known; None: there are none."""
        return self._ends[-1] if self._ends else None

    def at(self, moment_s: float) -> tuple[float, bool]:
        """Return the price at a moment, and whether it is known."""
        if (known := self._known(moment_s)) is not None:
            return known, True
        shown = datetime.fromtimestamp(moment_s, self._zone)
        for days in range(1, _DAYS_BACK + 1):
            # By the clock at the wall, of which a day may have an hour more or less.
            if (known := self._known((shown - timedelta(days=days)).timestamp())) is not None:
                return known, False
        return self._mean, False

    def knows(self, at: datetime) -> bool:
        """Return whether the price at a moment is known."""
        return self._known(at.timestamp()) is not None

    def _known(self, moment_s: float) -> float | None:
        index = bisect_right(self._starts, moment_s) - 1
        if index < 0 or moment_s >= self._ends[index]:
            return None
        return self._prices[index].per_kwh


def cut(
    curve: PriceCurve, spans: Sequence[Span], start: datetime, end: datetime, edges_s: Iterable[float] = ()
) -> list[Segment]:
    """Return the segments of the spans between two moments; spans are in order and do not overlap.

    `edges_s`: further moments at which something changes.
    """
    start_s, end_s = start.timestamp(), end.timestamp()
    grid_s = next((grid_s for most_s, grid_s in _GRIDS if end_s - start_s <= most_s), _COARSEST_S)
    marks = {edge_s for edge_s in (*curve.edges_s, *edges_s) if start_s < edge_s < end_s}
    at_s = (start_s // grid_s + 1) * grid_s
    while at_s < end_s:
        marks.add(at_s)
        at_s += grid_s
    found: list[Segment] = []
    for span in spans:
        first_s, last_s = max(start_s, span.start.timestamp()), min(end_s, span.end.timestamp())
        if last_s <= first_s or not span.power_w > 0:
            continue
        edges = [first_s, *sorted(mark for mark in marks if first_s < mark < last_s), last_s]
        found += [
            Segment(before_s, after_s, span.power_w, *curve.at(before_s))
            for before_s, after_s in pairwise(edges)
        ]
    return found


def finer(segments: Sequence[Segment], need_wh: float) -> list[Segment]:
    """Return segments in which a car can also stop for less than a cell of the grid, where it has no longer than that."""
    spare_wh = sum(segment.energy_wh for segment in segments) - need_wh
    found: list[Segment] = []
    for segment in segments:
        spare_s = spare_wh * 3600 / segment.power_w
        marks = {segment.start_s + spare_s, segment.end_s - spare_s} if 1 < spare_s < _QUARTER_S else set()
        inner = sorted(mark for mark in marks if segment.start_s + 1 < mark < segment.end_s - 1)
        edges = [segment.start_s, *inner, segment.end_s]
        found += [segment.part(*part) for part in pairwise(edges)]
    return found


def moment(seconds: float) -> datetime:
    """Return a second of the epoch as a moment in UTC, in whole seconds.

    Rounded down: what begins now has begun, or a car that charges would be paused until the second is full.
    """
    return datetime.fromtimestamp(math.floor(seconds + _DUST_S), UTC)


def whole(start: datetime, end: datetime, power_w: float) -> tuple[Span, ...]:
    """Return the one span in which a car may charge all the time."""
    return (Span(start=start, end=end, power_w=power_w),) if end - start > timedelta() else ()
