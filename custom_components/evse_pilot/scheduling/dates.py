"""The dates of a schedule: which are over, which cannot be set, and one that is changed alone.

Arithmetic only: the moment and the time zone are given.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, tzinfo

from ..chargers.errors import ChargerRefusedError
from .event import uid_of
from .schedule import LATEST, WEEK, Schedule, Window, dates_of, describe, occurrence_on

# A window begins up to a day before it ends, and the clocks may differ by a day more.
_NEAR_DAYS = 2


def is_to_come(window: Window, day: date, moment: datetime, zone: tzinfo) -> bool:
    """Return whether a window that begins on a date has not ended by a moment; one that the clocks pass over has."""
    ahead = (day - moment.astimezone(zone).date()).days
    if abs(ahead) > _NEAR_DAYS:
        return ahead > 0
    occurrence = occurrence_on(window, day, zone)
    return occurrence is not None and occurrence.end > moment


def without_past(schedule: Schedule, moment: datetime, zone: tzinfo) -> Schedule:
    """Return a schedule without the windows and exceptions of dates that are over; itself if there are none."""
    windows = tuple(
        replace(window, exceptions=_to_come(window, moment, zone)) if window.exceptions else window
        for window in schedule.windows
        if window.day is None or is_to_come(window, window.day, moment, zone)
    )
    return schedule if windows == schedule.windows else replace(schedule, windows=windows)


def _to_come(window: Window, moment: datetime, zone: tzinfo) -> frozenset[date]:
    return frozenset(day for day in window.exceptions if is_to_come(window, day, moment, zone))


def without_dates(schedule: Schedule) -> Schedule:
    """Return the week that remains when all dates are over."""
    return replace(
        schedule,
        windows=tuple(
            replace(window, exceptions=frozenset()) for window in schedule.windows if window.day is None
        ),
    )


def check_dates(schedule: Schedule, known: Schedule, moment: datetime, zone: tzinfo) -> None:
    """Raise ChargerRefusedError for a window that is over, and for a date more than a year ahead.

    What is known already stays: a window that has ended may be there until the car is unplugged.
    """
    latest = moment.astimezone(zone).date() + LATEST
    for window in schedule.windows:
        if window in known.windows:
            continue
        if any(day > latest for day in dates_of(window)):
            raise ChargerRefusedError("schedule_too_late", window=describe(window))
        if window.day is not None and not is_to_come(window, window.day, moment, zone):
            raise ChargerRefusedError("schedule_over", window=describe(window))


def changed(
    schedule: Schedule,
    uid: str,
    day: date | None,
    change: Callable[[Window], Window] | None,
    *,
    moment: datetime,
    zone: tzinfo,
) -> Schedule:
    """Return a schedule with one change: of all that the windows with an id are, or only of what comes of them on a date.

    `change` returns the window for one that was; None removes it. Raises ChargerRefusedError for what is not there, and
    for what is over.
    """
    found = [
        window
        for window in schedule.windows
        if uid_of(window) == uid and (day is None or window.comes_on(day))
    ]
    if not found:
        raise ChargerRefusedError("schedule_event_gone")
    windows: list[Window] = []
    for window in schedule.windows:
        if window not in found:
            windows.append(window)
            continue
        if day is not None and window.day is None:
            alone = replace(window, days=frozenset(), day=day, exceptions=frozenset())
            if not is_to_come(alone, day, moment, zone):
                raise ChargerRefusedError("schedule_over", window=describe(alone))
            windows.append(replace(window, exceptions=window.exceptions | {day}))
        if change is not None:
            windows.append(_with_exceptions_of(window, change(window)))
    return replace(schedule, windows=tuple(windows))


def _with_exceptions_of(before: Window, window: Window) -> Window:
    """Return a window without the dates on which the one before did not come, as far as it would come on them."""
    kept = frozenset(day for day in before.exceptions if WEEK[day.weekday()] in window.days)
    return replace(window, exceptions=kept)
