"""A week in minutes, as a timetable of currents."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
import math

DAY_MIN = 24 * 60
WEEK_MIN = 7 * DAY_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSlot:
    """A part of the week, in minutes since Monday 00:00 of the wall's clock; current per phase.

    None is as much as is allowed otherwise, 0 is no charging.
    """

    start_min: int
    end_min: int
    current_a: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The week that a charger keeps itself, without gaps, and whether it goes by it."""

    week: tuple[WeekSlot, ...]
    enabled: bool


def whole_week(parts: Iterable[WeekSlot], otherwise_a: float | None) -> tuple[WeekSlot, ...]:
    """Return the week without gaps, from Monday 00:00 to Sunday 24:00; neighbours differ.

    Where parts overlap, the smaller current holds; where there is none, `otherwise_a`.
    """
    parts = tuple(parts)
    edges = sorted({0, WEEK_MIN, *(edge for part in parts for edge in (part.start_min, part.end_min))})
    week: list[WeekSlot] = []
    for start, end in pairwise(edges):
        holding = [part.current_a for part in parts if part.start_min <= start < part.end_min]
        current_a = min(holding, key=strictness) if holding else otherwise_a
        if week and week[-1].current_a == current_a:
            start = week.pop().start_min
        week.append(WeekSlot(start_min=start, end_min=end, current_a=current_a))
    return tuple(week)


def strictness(current_a: float | None) -> float:
    """Return a number by which currents are in order: none is the most that is allowed."""
    return math.inf if current_a is None else current_a
