"""The week of a Lektrico on the wire: intervals with a limit, 0 A to pause, each from one day and time to another."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

from ..week import DAY_MIN, WEEK_MIN, WeekSlot, whole_week
from ..wire import integer
from .words import MAXIMUM_A, MINIMUM_A


def intervals_from_week(week: Sequence[WeekSlot]) -> list[dict[str, int]]:
    """Return the intervals of a whole week, as Charging_schedule.Set takes them.

    Pauses are intervals, too: the document does not say what holds outside of intervals. A slot without a limit is
    the most that an interval can have. One that lasts the whole week is halved, because it would have no length.
    """
    intervals = []
    for slot in week:
        middle = [WEEK_MIN // 2] if slot.end_min - slot.start_min == WEEK_MIN else []
        current_a = MAXIMUM_A if slot.current_a is None else int(slot.current_a)
        for start, end in pairwise((slot.start_min, *middle, slot.end_min)):
            intervals.append({**_clock("start", start), **_clock("end", end), "current": current_a})
    return intervals


def intervals_from_wire(raw: object) -> list[Any] | None:
    """Return the intervals in an answer to Charging_schedule.Get, which may be without its envelope."""
    listed = raw.get("charging_schedule") if isinstance(raw, Mapping) else raw
    return listed if isinstance(listed, list) else None


def week_from_intervals(intervals: Iterable[object]) -> tuple[WeekSlot, ...] | None:
    """Return the whole week that intervals mean; None if one of them cannot be read.

    An interval that is not understood would be lost if the rest were shown, changed and written back. There is no
    limit where there is no interval, or where one has the most that it can.
    """
    slots = [_slots(interval) for interval in intervals]
    return whole_week(chain(*slots), None) if all(slots) else None


def _slots(raw: object) -> list[WeekSlot]:
    """Return an interval, in two parts where it goes on over the week's end; empty if it cannot be read."""
    if not isinstance(raw, Mapping):
        return []
    start, end, amps = _minute("start", raw), _minute("end", raw), integer(raw.get("current"), 0, MAXIMUM_A)
    if start is None or end is None or start == end or amps is None or 0 < amps < MINIMUM_A:
        return []
    current_a = None if amps == MAXIMUM_A else float(amps)
    parts = [(start, end)] if start < end else [(start, WEEK_MIN), (0, end)]
    return [WeekSlot(start_min=start, end_min=end, current_a=current_a) for start, end in parts]


def _minute(edge: str, raw: Mapping[str, Any]) -> int | None:
    day, hour = integer(raw.get(f"{edge}_d"), 1, 7), integer(raw.get(f"{edge}_h"), 0, 23)
    minute = integer(raw.get(f"{edge}_m"), 0, 59)
    return None if day is None or hour is None or minute is None else (day - 1) * DAY_MIN + hour * 60 + minute


def _clock(edge: str, minute: int) -> dict[str, int]:
    """Return day and time of a minute of the week; the week's end is its beginning."""
    day, minute = divmod(minute % WEEK_MIN, DAY_MIN)
    return {f"{edge}_d": day + 1, f"{edge}_h": minute // 60, f"{edge}_m": minute % 60}
