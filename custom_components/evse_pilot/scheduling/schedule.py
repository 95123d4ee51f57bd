"""The charging windows of a week, and of single dates: which one holds when, and what comes next.

Arithmetic only: the moment and the time zone are given. Times of day are those of the wall; a window starts and ends
at the first moment at which the clocks show its times, or pass over them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
import math

from ..chargers.errors import ChargerRefusedError
from ..chargers.week import DAY_MIN, WEEK_MIN, WeekSlot, strictness, whole_week

# IEC 61851 knows no current below 6 A, and no charger of the family has more than 80 A.
MINIMUM_A, MAXIMUM_A = 6.0, 80.0
# More than a person can oversee; an hour each is 168.
MOST_WINDOWS = 200
# Of all windows together: each day of a year.
MOST_EXCEPTIONS = 366
# How far ahead a date may be.
LATEST = timedelta(days=366)

_MIDNIGHT = time()
# A week and a day: a window may be skipped once, or begin later than a week ago.
_AHEAD = timedelta(days=8)


class Weekday(StrEnum):
    """A day of the week, in the words of Home Assistant."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


WEEK = tuple(Weekday)


class Outside(StrEnum):
    """What holds outside of all windows; PAUSED counts only where at least one window allows charging."""

    PAUSED = "paused"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What a charger may do; current per phase in A: None is as much as is allowed otherwise, 0 is no charging."""

    current_a: float | None = None
    mode: str | None = None
    phases: int | None = None
    energy_wh: float | None = None

    @property
    def is_pause(self) -> bool:
        """Return whether it forbids to charge."""
        return self.current_a == 0


ALLOWED = Permit()
PAUSED = Permit(current_a=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time of day; an end that is not after the start is on the next day, 00:00 to 00:00 a whole day.

    It begins every week on `days`, except on the dates in `exceptions`; or once, on the date `day`, and then has no `days`.
    `title`: what a person calls it, which has no effect.
    """

    days: frozenset[Weekday] = frozenset()
    start: time
    end: time
    permit: Permit = ALLOWED
    title: str | None = None
    day: date | None = None
    exceptions: frozenset[date] = frozenset()

    def comes_on(self, day: date) -> bool:
        """Return whether it begins on this date, if the clocks do not pass over it."""
        if self.day is not None:
            return self.day == day
        return WEEK[day.weekday()] in self.days and day not in self.exceptions

    @property
    def length_min(self) -> int:
        """Return how long it lasts by the clock at the wall, in minutes."""
        return (_minute(self.end) - _minute(self.start)) % DAY_MIN or DAY_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Windows of each week, and of dates; where windows overlap, the smaller current holds.

    One without windows allows everything.
    """

    windows: tuple[Window, ...] = ()
    outside: Outside = Outside.PAUSED
    enabled: bool = True

    @property
    def last_date(self) -> date | None:
        """Return the last date that a window, or an exception, has; None: one week is like the other."""
        return max((day for window in self.windows for day in dates_of(window)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A window on one day, as two moments in UTC."""

    start: datetime
    end: datetime
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What holds from `since` until `until`, where any window begins or ends, and what follows; moments in UTC.

    `window`: the one that decides; None: none. `next_start`, `next_end`: when charging is allowed next, and when it next
    is not any more; None: not within eight days, and not within eight days after the last date of the schedule either.
    """

    since: datetime
    until: datetime
    permit: Permit
    window: Occurrence | None = None
    next_start: datetime | None = None
    next_end: datetime | None = None

    def covers(self, moment: datetime) -> bool:
        """Return whether it holds at this moment, which may be an earlier one after the clock was set back."""
        return self.since <= moment < self.until


def check(schedule: Schedule) -> None:
    """Raise ChargerRefusedError with a reason for a schedule that no charger can keep."""
    if len(schedule.windows) > MOST_WINDOWS:
        raise ChargerRefusedError("schedule_too_long", most=str(MOST_WINDOWS))
    if sum(len(window.exceptions) for window in schedule.windows) > MOST_EXCEPTIONS:
        raise ChargerRefusedError("schedule_too_many_exceptions", most=str(MOST_EXCEPTIONS))
    for window in schedule.windows:
        _check_window(window)
    for index, window in enumerate(schedule.windows):
        for other in schedule.windows[:index]:
            if _contradict(window.permit, other.permit) and _overlap(window, other):
                raise ChargerRefusedError(
                    "schedule_contradicts_itself", window=describe(window), other=describe(other)
                )


def _check_window(window: Window) -> None:
    permit = window.permit
    if not window.days and window.day is None:
        raise ChargerRefusedError("schedule_no_days")
    for day in window.exceptions:
        if WEEK[day.weekday()] not in window.days:
            raise ChargerRefusedError("schedule_exception", window=describe(window), date=day.isoformat())
    if window.start == window.end != _MIDNIGHT:
        raise ChargerRefusedError("schedule_no_length", window=describe(window))
    if window.start.second or window.end.second or window.start.microsecond or window.end.microsecond:
        raise ChargerRefusedError("schedule_whole_minutes", window=describe(window))
    if permit.current_a is not None and not (
        permit.current_a == 0 or MINIMUM_A <= permit.current_a <= MAXIMUM_A
    ):
        raise ChargerRefusedError(
            "schedule_current", minimum=f"{MINIMUM_A:g}", maximum=f"{MAXIMUM_A:g}", window=describe(window)
        )
    if permit.energy_wh is not None and not 0 < permit.energy_wh < math.inf:
        raise ChargerRefusedError("schedule_energy", window=describe(window))


def dates_of(window: Window) -> frozenset[date]:
    """Return the dates that a window has: its own, or those on which it does not come."""
    return window.exceptions if window.day is None else window.exceptions | {window.day}


def describe(window: Window) -> str:
    """Return a window as a person would write it: "mon, tue 23:00-06:30", or "2026-12-24 23:00-06:30"."""
    days = (
        ", ".join(day for day in WEEK if day in window.days) if window.day is None else window.day.isoformat()
    )
    return f"{days} {window.start:%H:%M}-{window.end:%H:%M}".strip()


def permit_at(schedule: Schedule, moment: datetime, zone: tzinfo) -> Permit:
    """Return what holds at a moment, given with its own zone or in UTC."""
    return _holding(schedule, _around(schedule, moment, zone), moment)


def outlook(schedule: Schedule, moment: datetime, zone: tzinfo) -> Outlook:
    """Return what holds at a moment, given with its own zone or in UTC, and what follows."""
    horizon = moment + _AHEAD
    around = _around(schedule, moment, zone, ahead=_AHEAD)
    start, end = _turns(schedule, around, moment, horizon)
    if (start is None or end is None) and (ahead := _reach(schedule, moment, zone)) > _AHEAD:
        start, end = _turns(schedule, _around(schedule, moment, zone, ahead=ahead), moment, moment + ahead)
    edges = (edge for each in around for edge in (each.start, each.end) if moment < edge < horizon)
    now = [each for each in around if each.start <= moment < each.end]
    return Outlook(
        since=moment,
        until=min(edges, default=horizon),
        permit=_holding(schedule, around, moment),
        window=min(
            now, key=lambda each: (strictness(each.window.permit.current_a), each.start), default=None
        ),
        next_start=start,
        next_end=end,
    )


def _turns(
    schedule: Schedule, around: Sequence[Occurrence], moment: datetime, horizon: datetime
) -> tuple[datetime | None, datetime | None]:
    """Return when charging is allowed next, and when it next is not any more, between a moment and a horizon."""
    # By moment, how many more windows allow charging, and how many more forbid it.
    steps: defaultdict[datetime, list[int]] = defaultdict(lambda: [0, 0])
    for each in around:
        steps[each.start][each.window.permit.is_pause] += 1
        steps[each.end][each.window.permit.is_pause] -= 1
    paused = paused_outside = outside_of(schedule).is_pause
    allowing = forbidding = 0
    start = end = None
    for edge in sorted(steps):
        allowing, forbidding = allowing + steps[edge][False], forbidding + steps[edge][True]
        pauses = forbidding > 0 or (allowing == 0 and paused_outside)
        if moment < edge < horizon and pauses != paused:
            start, end = (start, end or edge) if pauses else (start or edge, end)
        paused = pauses
        if start and end:
            break
    return start, end


def next_occurrence(schedule: Schedule, moment: datetime, zone: tzinfo) -> Occurrence | None:
    """Return the window that lasts at a moment, or else comes next; None: none comes."""
    found = occurrences(schedule, moment, moment + _AHEAD, zone) or occurrences(
        schedule, moment, moment + _reach(schedule, moment, zone), zone
    )
    return found[0] if found else None


def _reach(schedule: Schedule, moment: datetime, zone: tzinfo) -> timedelta:
    """Return how far ahead all is seen that can come: from there on one week is like the other."""
    today, last = moment.astimezone(zone).date(), schedule.last_date
    return _AHEAD if last is None else _AHEAD + max(timedelta(), min(last - today, LATEST))


def occurrences(schedule: Schedule, start: datetime, end: datetime, zone: tzinfo) -> list[Occurrence]:
    """Return the windows that touch a span of time, in order, whether the schedule is enabled or not."""
    first = start.astimezone(zone).date() - timedelta(days=2)
    last = end.astimezone(zone).date()
    found = [
        occurrence
        for occurrence in _occurrences(schedule.windows, first, last, zone)
        if occurrence.start < end and occurrence.end > start
    ]
    return sorted(found, key=lambda occurrence: (occurrence.start, occurrence.end))


def slots(schedule: Schedule) -> tuple[WeekSlot, ...]:
    """Return the whole week without a gap, from Monday 00:00 to Sunday 24:00, for a charger's own timetable.

    Neighbours differ, save at Sunday midnight. Raises ChargerRefusedError for what a timetable of currents cannot
    say: a mode, a number of phases, an energy; a date.
    """
    for window in schedule.windows:
        if dates_of(window):
            raise ChargerRefusedError("schedule_weeks_only", window=describe(window))
        if window.permit != Permit(current_a=window.permit.current_a):
            raise ChargerRefusedError("schedule_currents_only", window=describe(window))
    parts = (
        WeekSlot(start_min=start, end_min=end, current_a=window.permit.current_a)
        for window in schedule.windows
        for day in window.days
        for start, end in _minutes(window, day)
    )
    return whole_week(parts, outside_of(schedule).current_a)


def from_slots(week: Sequence[WeekSlot]) -> Schedule:
    """Return a schedule that holds the same at each minute of the week; what is not in a slot is paused.

    Slots that are alike on several days become one window, and one that goes on over midnight stays whole.
    """
    charging = [slot for slot in week if slot.current_a != 0]
    days: dict[tuple[int, int, float | None], set[Weekday]] = {}
    for start, end, current_a in _cut(_joined(charging)):
        key = (start % DAY_MIN, end % DAY_MIN, current_a)
        days.setdefault(key, set()).add(WEEK[start // DAY_MIN % 7])
    return Schedule(
        windows=tuple(
            Window(
                days=frozenset(on),
                start=_time(start),
                end=_time(end),
                permit=Permit(current_a=current_a),
            )
            for (start, end, current_a), on in days.items()
        ),
        outside=Outside.PAUSED,
    )


def _joined(week: Iterable[WeekSlot]) -> list[tuple[int, int, float | None]]:
    """Join slots that touch and allow the same, also from Sunday to Monday: those end after the week does."""
    joined: list[tuple[int, int, float | None]] = []
    for slot in sorted(week, key=lambda slot: slot.start_min):
        if joined and joined[-1][1:] == (slot.start_min, slot.current_a):
            joined[-1] = (joined[-1][0], slot.end_min, slot.current_a)
        else:
            joined.append((slot.start_min, slot.end_min, slot.current_a))
    if len(joined) > 1 and (joined[0][0], joined[-1][1]) == (0, WEEK_MIN) and joined[0][2] == joined[-1][2]:
        _, end, current_a = joined.pop(0)
        joined[-1] = (joined[-1][0], end + WEEK_MIN, current_a)
    return joined


def _cut(spans: Iterable[tuple[int, int, float | None]]) -> Iterator[tuple[int, int, float | None]]:
    """Cut what is longer than a day, or a day that does not begin at midnight, at midnights."""
    for start, end, current_a in spans:
        while end - start >= DAY_MIN:
            midnight = (start // DAY_MIN + 1) * DAY_MIN
            yield start, midnight, current_a
            start = midnight
        if end > start:
            yield start, end, current_a


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)


def _minutes(window: Window, day: Weekday) -> Iterator[tuple[int, int]]:
    """Return a window that starts on this day in minutes of the week, in two parts where it passes the week's end."""
    start = WEEK.index(day) * DAY_MIN + _minute(window.start)
    end = start + window.length_min
    yield start, min(end, WEEK_MIN)
    if end > WEEK_MIN:
        yield 0, end - WEEK_MIN


def _overlap(one: Window, other: Window) -> bool:
    if one.day is None and other.day is None:
        return any(
            start < last and first < end
            for day in one.days
            for start, end in _minutes(one, day)
            for other_day in other.days
            for first, last in _minutes(other, other_day)
        )
    once, beside = (other, one) if one.day is None else (one, other)
    return once.day is not None and any(
        # From one start to the other, in minutes.
        -beside.length_min < shift * DAY_MIN + _minute(beside.start) - _minute(once.start) < once.length_min
        for shift in (-1, 0, 1)
        if beside.comes_on(once.day + timedelta(days=shift))
    )


def _contradict(one: Permit, other: Permit) -> bool:
    """Return whether two permits at once ask for different things; a smaller current is no contradiction."""
    return not (one.is_pause or other.is_pause) and (one.mode, one.phases, one.energy_wh) != (
        other.mode,
        other.phases,
        other.energy_wh,
    )


def _strictest(schedule: Schedule, permits: Sequence[Permit]) -> Permit:
    if permits:
        return min(permits, key=lambda permit: strictness(permit.current_a))
    return outside_of(schedule)


def outside_of(schedule: Schedule) -> Permit:
    """Return what holds outside of all windows: where each of them is a pause, charging is allowed."""
    allows = any(not window.permit.is_pause for window in schedule.windows)
    return PAUSED if allows and schedule.outside is Outside.PAUSED else ALLOWED


def _holding(schedule: Schedule, around: Sequence[Occurrence], moment: datetime) -> Permit:
    if not schedule.enabled:
        return ALLOWED
    return _strictest(
        schedule,
        [occurrence.window.permit for occurrence in around if occurrence.start <= moment < occurrence.end],
    )


def _around(
    schedule: Schedule, moment: datetime, zone: tzinfo, *, ahead: timedelta = timedelta()
) -> list[Occurrence]:
    """Return the windows that may hold at this moment and in the time ahead."""
    if not schedule.enabled:
        return []
    today = moment.astimezone(zone).date()
    return list(_occurrences(schedule.windows, today - timedelta(days=2), today + ahead, zone))


def _occurrences(windows: Sequence[Window], first: date, last: date, zone: tzinfo) -> Iterator[Occurrence]:
    """Return the windows that begin from the first to the last date."""
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    for window in windows:
        once = [] if window.day is None or not first <= window.day <= last else [window.day]
        for day in days if window.day is None else once:
            if window.comes_on(day) and (found := occurrence_on(window, day, zone)) is not None:
                yield found


def occurrence_on(window: Window, day: date, zone: tzinfo) -> Occurrence | None:
    """Return a window as it begins on a date; None: the clocks pass over all of it."""
    end_day = day if window.end > window.start else day + timedelta(days=1)
    start, end = moment_of(day, window.start, zone), moment_of(end_day, window.end, zone)
    return Occurrence(start=start, end=end, window=window) if start < end else None


def moment_of(day: date, at: time, zone: tzinfo) -> datetime:
    """Return the first moment at which the clocks show this time, or have passed over it, in UTC."""
    early, late = (datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC) for fold in (1, 0))
    if early >= late:
        # Shown once, or twice: fold 0 is the first.
        return late
    # Never shown: the clocks pass over it somewhere between.
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < datetime.combine(day, at):
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
