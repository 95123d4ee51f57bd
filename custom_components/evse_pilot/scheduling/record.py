"""What of a charger's schedule outlives a restart."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import math
from typing import Any

from homeassistant.core import HomeAssistant

from ..chargers.errors import ChargerRefusedError
from ..runtime.storage import Parts, Stored, moment_from, storage_key
from .codec import permit_from_dict, permit_to_dict, schedule_from_dict, schedule_to_dict
from .energy import WindowEnergy
from .schedule import Permit, Schedule, check

# 1 also had what was taken from the owner, which the controller stores now; 2 had windows of each week only.
VERSION = 3


class Executor(StrEnum):
    """What carries a schedule out; AUTO: the charger, if it can hold all of it."""

    AUTO = "auto"
    CHARGER = "charger"
    HOME_ASSISTANT = "home_assistant"


@dataclass(slots=True, kw_only=True)
class ScheduleRecord:
    """A schedule, and how far it has been carried out."""

    schedule: Schedule = Schedule()
    executed_by: Executor = Executor.HOME_ASSISTANT
    # The entity that is followed instead of windows, and its id in the entity registry.
    follow: str | None = None
    follow_id: str | None = None
    # Charge from a moment, or between two, whatever the schedule allows; until the car is unplugged.
    once: tuple[datetime, datetime | None] | None = None
    # What was claimed last; None: not known, so that what holds now is no edge.
    permit: Permit | None = None
    # Until when it was to hold, in UTC: a window that began or ended while Home Assistant was away is an edge.
    until: datetime | None = None
    energy: WindowEnergy = field(default_factory=WindowEnergy)
    # The UTC offset, in s, by which the charger's own timetable was last judged.
    sent_utc_offset_s: float | None = None
    # The charger is to keep the timetable again: as soon as its clock can be set to the time of the house, and one week is
    # like the other.
    is_handed_over: bool = False

    @property
    def is_in_force(self) -> bool:
        """Return whether Home Assistant is to decide, by a delayed start or by a schedule, when the car may charge."""
        if self.once is not None:
            return True
        has_schedule = bool(self.schedule.windows) or self.follow is not None
        return self.executed_by is not Executor.CHARGER and self.schedule.enabled and has_schedule


def stored_schedule(hass: HomeAssistant, entry_id: str) -> Stored[ScheduleRecord]:
    """Return the file of one charger."""
    return Stored(
        hass,
        storage_key("schedule", entry_id),
        version=VERSION,
        read=read_record,
        write=write_record,
        migrate=migrate,
    )


def write_record(record: ScheduleRecord) -> dict[str, Any]:
    """Return a record as JSON."""
    return {
        "schedule": schedule_to_dict(record.schedule),
        "executed_by": record.executed_by.value,
        "follow": record.follow,
        "follow_id": record.follow_id,
        "once": None if record.once is None else [moment and moment.isoformat() for moment in record.once],
        "permit": None if record.permit is None else permit_to_dict(record.permit),
        "until": None if record.until is None else record.until.isoformat(),
        "spent_wh": record.energy.spent_wh,
        "spent_since": record.energy.since,
        "counter_wh": record.energy.counter_wh,
        "sent_utc_offset_s": record.sent_utc_offset_s,
        "is_handed_over": record.is_handed_over,
    }


def read_record(parts: Parts) -> ScheduleRecord:
    """Read a record; a part of it that makes no sense is left out."""
    return ScheduleRecord(
        schedule=parts.read("schedule", _schedule, Schedule()),
        executed_by=parts.read("executed_by", Executor, Executor.HOME_ASSISTANT),
        follow=parts.read("follow", _text, None),
        follow_id=parts.read("follow_id", _text, None),
        once=parts.read("once", _once, None),
        permit=parts.read("permit", _permit, None),
        until=parts.read("until", moment_from, None),
        energy=WindowEnergy(
            spent_wh=parts.read("spent_wh", _number, None) or 0.0,
            since=parts.read("spent_since", _text, None),
            counter_wh=parts.read("counter_wh", _number, None),
        ),
        sent_utc_offset_s=parts.read("sent_utc_offset_s", _number, None),
        is_handed_over=parts.data.get("is_handed_over") is True,
    )


def _schedule(raw: Any) -> Schedule:
    """Read all of a schedule or nothing: one without one of its windows might forbid, or allow, what it did not."""
    schedule = schedule_from_dict(raw)
    try:
        check(schedule)
    except ChargerRefusedError as error:
        raise ValueError(error.reason) from error
    return schedule


def _permit(raw: Any) -> Permit | None:
    if raw is None:
        return None
    permit = permit_from_dict(raw)
    if not all(value is None or 0 <= value < math.inf for value in (permit.current_a, permit.energy_wh)):
        raise ValueError("no permit")
    return permit


def migrate(version: int, data: Any) -> Any:
    """Return what version 1 stored in the form of those that follow; what is no record is left to the reader."""
    if version != 1 or not isinstance(data, dict):
        return data
    return data | {"sent_utc_offset_s": data.get("told_utc_offset_s")}


def _once(stored: list[str | None] | None) -> tuple[datetime, datetime | None] | None:
    if stored is None:
        return None
    start, stop = (None if text is None else datetime.fromisoformat(text) for text in stored)
    if start is None or any(moment is not None and moment.tzinfo is None for moment in (start, stop)):
        raise ValueError("a delayed start without a start")
    return start, stop


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("no text")
    return value


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise TypeError("no number")
    return float(value)
