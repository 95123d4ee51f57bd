"""When a car charges, so that it has its energy in time and pays least for it.

Numbers in, slots out: no clock and no Home Assistant. Moments are in UTC, energies in Wh, prices are per kWh.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise
import math
from statistics import fmean

from ..control.expected_sun import ExpectedSun
from .cheapest import cheapest
from .polish import extended
from .segments import Price, PriceCurve, Segment, Span, cut, finer, moment
from .sun import SunCurve

# A start has to save as much as this energy costs, for a contactor and a car wear.
START_WORTH_WH = 300.0
# A plan that costs so much more than the best one, or less, stays as it is.
_NOT_WORTH_IT = 0.02
# By so much a plan may miss the energy: less than any meter shows, or a part of it.
_TOLERANCE_WH, _TOLERANCE = 20.0, 0.002
# Prices of less than that are those of now.
_FEW = timedelta(hours=1)
# Gaps between slots that are none.
_GAP_S = 1.5


class Why(StrEnum):
    """Why a plan is as it is."""

    CHEAPEST = "cheapest"
    # The prices until the deadline are not all known; those of the days before are taken for them
    SOME_PRICES_UNKNOWN = "some_prices_unknown"
    # None of those to come is known: as late as is safe
    NO_PRICES = "no_prices"
    BELOW_CEILING = "below_ceiling"
    # It begins at once, and charges whenever it may
    NOT_ENOUGH_TIME = "not_enough_time"
    # The sun is expected to be enough
    SUN = "sun"
    REACHED = "reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a plan is made of.

    `deadline` None: there is none, and only a ceiling decides. `at_once_wh`: so much before anything else, of the energy.
    `at_most_wh`: no more than that below the ceiling; None: as much as the car takes. `spans`: when the car may charge,
    and what it would take. `spare`: the plan ends earlier by so much, if it can. `starts`: how often the car may still
    start; more where it cannot be ready otherwise; less than 0: it has started more often. `reserve`: a new plan has so large
    a part of the energy more, without a further start, for a car that takes a little less than was expected; it ends as soon
    as the car has its energy. `sun`: what the car has of the sun while it waits. `zone`: that of the house, for prices
    that are not known yet.
    """

    now: datetime
    deadline: datetime | None
    energy_wh: float
    at_once_wh: float = 0.0
    at_most_wh: float | None = None
    spans: tuple[Span, ...] = ()
    prices: tuple[Price, ...] = ()
    ceiling: float | None = None
    starts: int = 2
    is_charging: bool = False
    spare: timedelta = timedelta()
    reserve: float = 0.0
    sun: ExpectedSun = ExpectedSun()
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time in which the car charges."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When the car charges, and with how much. `cost` None: not known; `feasible`: it has its energy by the deadline.

    `sun_wh`: what the sun is expected to give it beside that, while it waits.
    """

    slots: tuple[Slot, ...] = ()
    energy_wh: float = 0.0
    sun_wh: float = 0.0
    cost: float | None = None
    feasible: bool = True
    why: Why = Why.CHEAPEST

    def slot_at(self, at: datetime) -> Slot | None:
        """Return the slot of a moment; None: the car waits then."""
        return next((slot for slot in self.slots if slot.start <= at < slot.end), None)

    def next_slot(self, at: datetime) -> Slot | None:
        """Return the first slot that begins later; None: none does."""
        return next((slot for slot in self.slots if slot.start > at), None)


@dataclass(frozen=True, slots=True)
class _Worth:
    """What some segments give: their energy until the deadline and afterwards, and what all of it costs."""

    energy_wh: float
    later_wh: float
    cost: float
    is_known: bool
    starts: int

    def price(self, start_cost: float) -> float:
        """Return the cost, and that of the starts."""
        return self.cost + self.starts * start_cost


def plan(task: Task) -> Plan:
    """Return the best plan."""
    return _Planner(task).best()


def replan(task: Task, before: Plan | None) -> Plan:
    """Return the plan before if what is left of it still does what it should at about the best price, else the best."""
    planner = _Planner(task)
    best = planner.best()
    if before is None or not before.slots or best.why is Why.REACHED or before.why is not best.why:
        return best
    return before if planner.is_as_good(before, best) else best


class _Planner:
    """The segments of a task, and what is chosen of them."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._curve = PriceCurve(task.prices, task.zone)
        self._end = task.deadline or task.now
        if task.ceiling is not None and (known_s := self._curve.end_s) is not None:
            self._end = max(self._end, moment(known_s))
        self._sun = SunCurve(task.sun)
        self._segments = cut(self._curve, task.spans, task.now, self._end, self._sun.edges_s)
        # The price of now alone is no reason to charge now, or later.
        self._is_blind = sum(((each.end - each.start) for each in task.prices), timedelta()) < _FEW
        self._tolerance_wh = max(_TOLERANCE_WH, _TOLERANCE * task.energy_wh)
        self._start_cost = START_WORTH_WH / 1000 * fmean(abs(each.per_kwh) for each in task.prices or _FREE)

    def best(self) -> Plan:
        """Return the best plan."""
        task = self._task
        is_over = task.energy_wh <= 0 and (task.ceiling is None or task.at_most_wh is not None)
        if is_over and not (task.at_most_wh or 0.0) > 0:
            return Plan(why=Why.REACHED)
        first, rest = _first(self._segments, task.at_once_wh)
        below = self._below_ceiling(rest, _energy_wh(first))
        rest = _without(rest, below)
        need_wh = task.energy_wh - _energy_wh(first) - _energy_wh(self._until_deadline(below))
        chosen: tuple[Segment, ...] | None = ()
        if need_wh > self._tolerance_wh:
            goes_on = task.is_charging or bool(first)
            # What comes at once is a start, too.
            starts = task.starts - (goes_on and not task.is_charging)
            chosen = self._cheapest(rest, need_wh, starts=starts, is_charging=goes_on)
            if chosen and task.reserve > 0:
                free = self._sun.beside(self._until_deadline(rest))
                chosen = extended(free, chosen, _energy_wh(chosen) * task.reserve)
        if chosen is None:
            # Whenever it may, until it has its energy.
            chosen = tuple(self._sun.beside(self._until_deadline(rest)))
            return self._plan((*first, *below), chosen, Why.NOT_ENOUGH_TIME)
        is_left_to_sun = task.deadline is not None and need_wh > self._tolerance_wh and not (below or chosen)
        why = Why.SUN if is_left_to_sun else self._why(below, chosen)
        return self._plan((*first, *below), chosen, why)

    def is_as_good(self, before: Plan, best: Plan) -> bool:
        """Return whether what is left of a plan is as good as the best one, but for a little."""
        task = self._task
        segments = self._sun.beside(self._segments)
        in_time = self._until_deadline(segments)
        sun_wh = _sun_wh(in_time)
        most_wh = max(0.0, max(task.energy_wh, self._most_wh) - sun_wh)
        worth = self._worth(_first(_within(segments, before.slots), most_wh)[0])
        needed = self._worth(_first(_within(segments, best.slots), most_wh)[0])
        missed_wh = self._missed_wh(sun_wh, _energy_wh(in_time) - needed.energy_wh)
        if worth.energy_wh < needed.energy_wh - missed_wh:
            return False
        if task.ceiling is not None and worth.later_wh < needed.later_wh - self._tolerance_wh:
            return False
        more = worth.price(self._start_cost) - needed.price(self._start_cost)
        return more <= max(self._start_cost / 2, _NOT_WORTH_IT * abs(needed.cost))

    @property
    def _most_wh(self) -> float:
        """Return how much the car may have at most."""
        if self._task.ceiling is None:
            return self._task.energy_wh
        return math.inf if self._task.at_most_wh is None else self._task.at_most_wh

    def _below_ceiling(self, rest: Sequence[Segment], had_wh: float) -> list[Segment]:
        """Return the segments below the ceiling; the cheapest of them, if the car may not have all."""
        if (ceiling := self._task.ceiling) is None:
            return []
        below = [segment for segment in rest if segment.is_known and segment.per_kwh <= ceiling]
        left_wh = self._most_wh - had_wh
        if _energy_wh(below) <= left_wh:
            return below
        by_price = sorted(below, key=lambda segment: (segment.per_kwh, segment.start_s))
        return sorted(_first(by_price, max(0.0, left_wh))[0], key=lambda segment: segment.start_s)

    def _until_deadline(self, segments: Iterable[Segment]) -> list[Segment]:
        deadline_s = (self._task.deadline or self._task.now).timestamp()
        return [segment for segment in segments if segment.end_s <= deadline_s + 1e-6]

    def _cheapest(
        self, rest: Sequence[Segment], need_wh: float, *, starts: int, is_charging: bool
    ) -> tuple[Segment, ...] | None:
        """Return the cheapest ones before the deadline; the spare time, and few starts, count less than the deadline."""
        if self._task.deadline is None:
            return ()
        if starts < 0:
            # The sun was counted on and did not come: this time the car charges until it has all.
            self._sun = SunCurve(ExpectedSun())
        early_s = (self._task.deadline - self._task.spare).timestamp()
        early = [
            segment.part(segment.start_s, min(segment.end_s, early_s))
            for segment in rest
            if segment.start_s < early_s
        ]
        all_wh = need_wh
        for until in (early, self._until_deadline(rest)):
            if until is not early:
                # There is no time left to wait for the sun.
                self._sun = SunCurve(ExpectedSun())
            segments = self._sun.beside(until)
            need_wh, sun_wh = all_wh - _sun_wh(segments), _sun_wh(segments)
            if need_wh <= self._missed_wh(sun_wh, _energy_wh(segments) - need_wh):
                return ()
            if sun_wh > 0 and starts == 0 and not is_charging:
                # A start too many is the last one: it waits for all of the sun, and then takes all that is missing.
                segments, need_wh = _after_sun(segments, until, all_wh), all_wh
            if _energy_wh(segments) < need_wh - self._tolerance_wh:
                continue
            need_wh = min(need_wh, _energy_wh(segments))
            if self._is_blind:
                return _last(segments, need_wh)
            if (chosen := self._search(segments, need_wh, max(0, starts), is_charging)) is not None:
                return chosen
        return None

    def _search(
        self, segments: Sequence[Segment], need_wh: float, starts: int, is_charging: bool
    ) -> tuple[Segment, ...] | None:
        """Return the cheapest ones, with more starts if that is the only way."""
        most = 1 + sum(after.start_s > before.end_s + _GAP_S for before, after in pairwise(segments))
        segments = finer(segments, need_wh)
        for allowed in (starts, *range(starts + 1, most + 1)):
            chosen = cheapest(
                segments,
                need_wh,
                starts=allowed,
                start_cost=self._start_cost,
                is_charging=is_charging,
            )
            if chosen is not None:
                return chosen
        return None

    def _missed_wh(self, sun_wh: float, spare_wh: float) -> float:
        """Return how much of the energy may be missing: no start for a little that the sun may yet give.

        `spare_wh`: what the car could still take beyond the plan; without that the sun is not waited for.
        """
        waits_for_sun = sun_wh > START_WORTH_WH and spare_wh > 2 * START_WORTH_WH
        return max(self._tolerance_wh, START_WORTH_WH) if waits_for_sun else self._tolerance_wh

    def _why(self, below: Sequence[Segment], chosen: Sequence[Segment]) -> Why:
        if not chosen and below:
            return Why.BELOW_CEILING
        if self._is_blind:
            return Why.NO_PRICES
        if all(segment.is_known for segment in self._until_deadline(self._segments)):
            return Why.CHEAPEST
        return Why.SOME_PRICES_UNKNOWN

    def _worth(self, segments: Sequence[Segment]) -> _Worth:
        before_s = self._task.now.timestamp() if self._task.is_charging else -math.inf
        starts = 0
        for segment in segments:
            starts += segment.start_s > before_s + _GAP_S
            before_s = segment.end_s
        in_time = self._until_deadline(segments)
        return _Worth(
            energy_wh=_energy_wh(in_time),
            later_wh=_energy_wh(segments) - _energy_wh(in_time),
            cost=sum(segment.energy_wh / 1000 * segment.per_kwh for segment in segments),
            is_known=all(segment.is_known for segment in segments),
            starts=starts,
        )

    def _plan(self, at_full: Iterable[Segment], chosen: Iterable[Segment], why: Why) -> Plan:
        """Return the plan of segments; `chosen` are beside the sun already."""
        segments = sorted((*self._sun.beside(at_full), *chosen), key=lambda segment: segment.start_s)
        worth, task = self._worth(segments), self._task
        in_time = self._until_deadline(segments)
        energy_wh = worth.energy_wh + worth.later_wh + _sun_wh(segments)
        sun_wh = _sun_wh(self._until_deadline(self._sun.beside(self._segments))) - _sun_wh(in_time)
        missing_wh = task.energy_wh - worth.energy_wh - _sun_wh(in_time)
        is_late = (
            task.deadline is not None and why is not Why.SUN and missing_wh > sun_wh + self._tolerance_wh
        )
        return Plan(
            slots=_joined(segments),
            energy_wh=energy_wh,
            sun_wh=max(0.0, min(sun_wh, missing_wh)),
            cost=worth.cost if worth.is_known and task.prices else None,
            feasible=not is_late,
            why=Why.NOT_ENOUGH_TIME if is_late else why,
        )


# Without prices a start is worth nothing, and with one price for all time few starts are best.
_FREE = (Price(start=moment(0), end=moment(1), per_kwh=1.0),)


def _energy_wh(segments: Iterable[Segment]) -> float:
    return sum(segment.energy_wh for segment in segments)


def _sun_wh(segments: Iterable[Segment]) -> float:
    return sum(segment.sun_wh for segment in segments)


def _first(segments: Sequence[Segment], energy_wh: float) -> tuple[list[Segment], list[Segment]]:
    """Return the segments, from the first one on, that have this energy, and the rest; one of them may be split."""
    taken: list[Segment] = []
    for index, segment in enumerate(segments):
        if energy_wh <= 0:
            return taken, list(segments[index:])
        if segment.energy_wh > energy_wh:
            at_s = segment.start_s + energy_wh * 3600 / segment.power_w
            return (
                [*taken, segment.part(segment.start_s, at_s)],
                [segment.part(at_s, segment.end_s), *segments[index + 1 :]],
            )
        taken.append(segment)
        energy_wh -= segment.energy_wh
    return taken, []


def _last(segments: Sequence[Segment], energy_wh: float) -> tuple[Segment, ...]:
    """Return the last segments that have this energy; the first of them may be split."""
    spare_wh = _energy_wh(segments) - energy_wh
    return tuple(_first(segments, max(0.0, spare_wh))[1])


def _after_sun(
    segments: Sequence[Segment], whole_segments: Sequence[Segment], energy_wh: float
) -> list[Segment]:
    """Return the segments after the last one with sun, or as many before them as this energy takes; without their sun."""
    end_s = max(segment.end_s for segment in segments if segment.sun_w > 0)
    after = [segment for segment in whole_segments if segment.start_s >= end_s]
    return after if _energy_wh(after) >= energy_wh else [*_last(whole_segments, energy_wh)]


def _without(segments: Sequence[Segment], taken: Sequence[Segment]) -> list[Segment]:
    """Return what is left of segments; one that was taken in part has its end left."""
    ends_s = {segment.start_s: segment.end_s for segment in taken}
    left = [segment.part(ends_s.get(segment.start_s, segment.start_s), segment.end_s) for segment in segments]
    return [segment for segment in left if segment.end_s > segment.start_s]


def _within(segments: Sequence[Segment], slots: Sequence[Slot]) -> list[Segment]:
    """Return the parts of segments that are in slots."""
    found = []
    for segment in segments:
        for slot in slots:
            start_s = max(segment.start_s, slot.start.timestamp())
            end_s = min(segment.end_s, slot.end.timestamp())
            if end_s > start_s:
                found.append(segment.part(start_s, end_s))
    return found


def _joined(segments: Sequence[Segment]) -> tuple[Slot, ...]:
    """Return the slots of segments that are in order."""
    slots: list[Slot] = []
    for segment in segments:
        start, end = moment(segment.start_s), moment(segment.end_s)
        if slots and (start - slots[-1].end).total_seconds() <= _GAP_S:
            slots[-1] = replace(slots[-1], end=max(end, slots[-1].end))
        elif end > start:
            slots.append(Slot(start=start, end=end))
    return tuple(slots)
