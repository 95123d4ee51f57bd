"""A window as an event of a calendar, and back: times, a rule by which it comes again, and a title with the current."""

from datetime import date, datetime, time, timedelta
import re

from ..chargers.errors import ChargerRefusedError
from .schedule import ALLOWED, PAUSED, WEEK, Permit, Weekday, Window, describe

_CURRENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:a|amps?|amperes?)\b", re.IGNORECASE)
_PAUSE = re.compile(r"\b(?:no charging|paused?|off|stop)\b", re.IGNORECASE)
_BYDAY = dict(zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), WEEK, strict=True))


def uid_of(window: Window) -> str:
    """Return what a window is known by as long as it is not changed."""
    permit = window.permit
    return f"{describe(window)} {'' if permit.current_a is None else f'{permit.current_a:g}'}".strip()


def title_of(window: Window) -> str:
    """Return the title that `window_of` reads."""
    if window.permit.is_pause:
        return "No charging"
    current_a = window.permit.current_a
    return "Charging" if current_a is None else f"Charging at {current_a:g} A"


def rule_of(window: Window) -> str:
    """Return the rule (RFC 5545) by which a window comes again."""
    return f"FREQ=WEEKLY;BYDAY={','.join(name for name, day in _BYDAY.items() if day in window.days)}"


def window_of(start: datetime | date, end: datetime | date, title: str, rule: str | None) -> Window:
    """Return the window that a person has drawn; times are those of the wall's clock.

    Raises ChargerRefusedError for what is no charging window: it comes every week, for ever, and lasts at most a day.
    """
    start, end = _with_time(start), _with_time(end)
    length = end - start
    if not timedelta() < length <= timedelta(days=1):
        raise ChargerRefusedError("schedule_event_length")
    return Window(
        days=_days(start, rule),
        start=start.time(),
        end=end.time(),
        permit=_permit(title),
    )


def _with_time(moment: datetime | date) -> datetime:
    """Return where a day begins for an event of whole days."""
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time())


def _days(start: datetime, rule: str | None) -> frozenset[Weekday]:
    parts = dict(part.split("=", 1) for part in (rule or "").upper().split(";") if "=" in part)
    frequency = parts.pop("FREQ", None)
    days = parts.pop("BYDAY", None)
    if frequency not in ("DAILY", "WEEKLY") or parts.pop("INTERVAL", "1") != "1":
        raise ChargerRefusedError("schedule_event_weekly")
    parts.pop("WKST", None)
    if parts or (days and not set(days.split(",")) <= _BYDAY.keys()):
        raise ChargerRefusedError("schedule_event_weekly")
    if frequency == "DAILY" and not days:
        return frozenset(WEEK)
    on = {_BYDAY[name] for name in days.split(",")} if days else set()
    # One that was moved to another day brings its old day along in the rule.
    return frozenset(on if len(on) > 1 else {WEEK[start.weekday()]})


def _permit(title: str) -> Permit:
    if found := _CURRENT.search(title):
        return Permit(current_a=float(found[1].replace(",", ".")))
    return PAUSED if _PAUSE.search(title) else ALLOWED
