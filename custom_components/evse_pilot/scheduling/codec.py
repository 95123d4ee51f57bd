"""Schedules in the words of the actions, which are also those of the storage."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from .schedule import Outside, Permit, Schedule, Weekday, Window


def schedule_to_dict(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule as the actions and the storage have it."""
    return {
        "windows": [window_to_dict(window) for window in schedule.windows],
        "outside": schedule.outside.value,
        "enabled": schedule.enabled,
    }


def window_to_dict(window: Window) -> dict[str, Any]:
    """Return a window as the actions have it."""
    written: dict[str, Any] = {"days": [day.value for day in Weekday if day in window.days]}
    if window.day is not None:
        written = {"date": window.day.isoformat()}
    written |= {"start": f"{window.start:%H:%M}", "end": f"{window.end:%H:%M}"}
    written |= permit_to_dict(window.permit)
    if window.exceptions:
        written["except"] = [day.isoformat() for day in sorted(window.exceptions)]
    return written if window.title is None else written | {"title": window.title}


def permit_to_dict(permit: Permit) -> dict[str, Any]:
    """Return a permit as the actions have it: current in A per phase, energy in kWh; what it leaves open is missing."""
    return {
        key: value
        for key, value in (
            ("current", permit.current_a),
            ("mode", permit.mode),
            ("phases", permit.phases),
            ("energy", None if permit.energy_wh is None else permit.energy_wh / 1000),
        )
        if value is not None
    }


def schedule_from_dict(raw: Mapping[str, Any]) -> Schedule:
    """Return the schedule that the words mean; ValueError, KeyError or TypeError where they mean none."""
    return Schedule(
        windows=tuple(window_from_dict(window) for window in raw["windows"]),
        outside=Outside(raw["outside"]),
        enabled=_typed(bool, raw["enabled"]),
    )


def window_from_dict(raw: Mapping[str, Any]) -> Window:
    """Return the window that the words mean; ValueError, KeyError or TypeError where they mean none."""
    title, day, exceptions = raw.get("title"), raw.get("date"), raw.get("except", [])
    if day is not None and raw.get("days"):
        raise ValueError("days and a date")
    return Window(
        days=frozenset(Weekday(each) for each in raw["days"]) if day is None else frozenset(),
        day=None if day is None else _date(day),
        exceptions=frozenset(_date(each) for each in _typed(list, exceptions)),
        start=_time(raw["start"]),
        end=_time(raw["end"]),
        permit=permit_from_dict(raw),
        title=None if title is None else _typed(str, title),
    )


def permit_from_dict(raw: Mapping[str, Any]) -> Permit:
    """Return the permit that the words mean; ValueError or TypeError where they mean none."""
    current, energy_kwh, mode = raw.get("current"), raw.get("energy"), raw.get("mode")
    return Permit(
        current_a=None if current is None else float(current),
        mode=None if mode is None else _typed(str, mode),
        phases=_phases(raw.get("phases")),
        energy_wh=None if energy_kwh is None else float(energy_kwh) * 1000,
    )


def _date(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _time(value: object) -> time:
    moment = value if isinstance(value, time) else time.fromisoformat(str(value))
    if moment.tzinfo is not None:
        raise ValueError("a time of another place")
    return moment


def _phases(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value not in (1, 3):
        raise ValueError("no number of phases")
    return value


def _typed[T](kind: type[T], value: object) -> T:
    """Return a value of this type; TypeError if it is of another."""
    if not isinstance(value, kind):
        raise TypeError(f"no {kind.__name__}")
    return value
