"""The week of charging windows: which one holds when, and what comes next.

Arithmetic only: the moment and the time zone are given. Times of day are those of the wall; a window starts and ends
at the first moment at which the clocks show its times, or pass over them.
"""

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
    """A time of day on some days; an end that is not after the start is on the next day, 00:00 to 00:00 a whole day.

    `title`: what a person calls it, which has no effect.
    """

    days: frozenset[Weekday]
    start: time
    end: time
    permit: Permit = ALLOWED
    title: str | None = None

    @property
    def length_min(self) -> int:
        """Return how long it lasts by the clock at the wall, in minutes."""
        return (_minute(self.end) - _minute(self.start)) % DAY_MIN or DAY_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A week of windows; where windows overlap, the smaller current holds. One without windows allows everything."""

    windows: tuple[Window, ...] = ()
    outside: Outside = Outside.PAUSED
    enabled: bool = True


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
    is not any more; None: not within eight days.
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
    if not window.days:
        raise ChargerRefusedError("schedule_no_days")
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


def describe(window: Window) -> str:
    """Return a window as a person would write it: "mon, tue 23:00-06:30"."""
    days = ", ".join(day for day in WEEK if day in window.days)
    return f"{days} {window.start:%H:%M}-{window.end:%H:%M}".strip()


def permit_at(schedule: Schedule, moment: datetime, zone: tzinfo) -> Permit:
    """Return what holds at a moment, given with its own zone or in UTC."""
    return _holding(schedule, _around(schedule, moment, zone), moment)


def outlook(schedule: Schedule, moment: datetime, zone: tzinfo) -> Outlook:
    """Return what holds at a moment, given with its own zone or in UTC, and what follows within eight days."""
    horizon = moment + _AHEAD
    around = _around(schedule, moment, zone, days=9)
    edges = sorted(
        {edge for each in around for edge in (each.start, each.end) if moment < edge <= horizon} | {horizon}
    )
    permit = _holding(schedule, around, moment)
    start = end = None
    paused = permit.is_pause
    for edge in edges[:-1]:
        if (pauses := _holding(schedule, around, edge).is_pause) != paused:
            start, end = (start, end or edge) if pauses else (start or edge, end)
            paused = pauses
        if start and end:
            break
    now = [each for each in around if each.start <= moment < each.end]
    return Outlook(
        since=moment,
        until=edges[0],
        permit=permit,
        window=min(now, key=lambda each: strictness(each.window.permit.current_a), default=None),
        next_start=start,
        next_end=end,
    )


def occurrences(schedule: Schedule, start: datetime, end: datetime, zone: tzinfo) -> list[Occurrence]:
    """Return the windows that touch a span of time, in order, whether the schedule is enabled or not."""
    first = start.astimezone(zone).date() - timedelta(days=2)
    last = end.astimezone(zone).date()
    found = [
        occurrence
        for occurrence in _occurrences(schedule.windows, first, (last - first).days + 1, zone)
        if occurrence.start < end and occurrence.end > start
    ]
    return sorted(found, key=lambda occurrence: (occurrence.start, occurrence.end))


def slots(schedule: Schedule) -> tuple[WeekSlot, ...]:
    """Return the whole week without a gap, from Monday 00:00 to Sunday 24:00, for a charger's own timetable.

    Neighbours differ, save at Sunday midnight. Raises ChargerRefusedError for what a timetable of currents cannot
    say: a mode, a number of phases, an energy.
    """
    for window in schedule.windows:
        if window.permit != Permit(current_a=window.permit.current_a):
            raise ChargerRefusedError("schedule_currents_only", window=describe(window))
    parts = (
        WeekSlot(start_min=start, end_min=end, current_a=window.permit.current_a)
        for window in schedule.windows
        for day in window.days
        for start, end in _minutes(window, day)
    )
    return whole_week(parts, _outside(schedule).current_a)


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
    return time(minute // 60 % 24, minute % 60)


def _minutes(window: Window, day: Weekday) -> Iterator[tuple[int, int]]:
    """Return a window that starts on this day in minutes of the week, in two parts where it passes the week's end."""
    start = WEEK.index(day) * DAY_MIN + _minute(window.start)
    end = start + window.length_min
    yield start, min(end, WEEK_MIN)
    if end > WEEK_MIN:
        yield 0, end - WEEK_MIN


def _overlap(one: Window, other: Window) -> bool:
    return any(
        start < last and first < end
        for day in one.days
        for start, end in _minutes(one, day)
        for other_day in other.days
        for first, last in _minutes(other, other_day)
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
    return _outside(schedule)


def _outside(schedule: Schedule) -> Permit:
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


def _around(schedule: Schedule, moment: datetime, zone: tzinfo, *, days: int = 1) -> list[Occurrence]:
    """Return the windows that may hold at this moment and in the days that follow."""
    if not schedule.enabled:
        return []
    first = moment.astimezone(zone).date() - timedelta(days=2)
    return list(_occurrences(schedule.windows, first, days + 2, zone))


def _occurrences(windows: Sequence[Window], first: date, days: int, zone: tzinfo) -> Iterator[Occurrence]:
    for offset in range(days):
        day = first + timedelta(days=offset)
        for window in windows:
            if WEEK[day.weekday()] in window.days:
                end_day = day if window.end > window.start else day + timedelta(days=1)
                start, end = moment_of(day, window.start, zone), moment_of(end_day, window.end, zone)
                # The clocks may pass over all of it.
                if start < end:
                    yield Occurrence(start=start, end=end, window=window)


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
