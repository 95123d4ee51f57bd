"""What is shown of a charger's schedule, and what becomes of one that is set."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeassistant.util import dt as dt_util

from .codec import schedule_to_dict
from .record import Executor
from .schedule import Permit, Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleState:
    """A charger's schedule as it stands; moments in UTC."""

    schedule: Schedule
    executed_by: Executor
    follow: str | None
    permit: Permit
    overridden: bool
    next_start: datetime | None
    next_end: datetime | None
    is_delayed: bool = False
    """Whether a delayed start decides, instead of the schedule."""
    problem: str | None
    """The key of the error for which the charger is not yet as the schedule wants it."""

    def as_dict(self) -> dict[str, Any]:
        """Return it in the words in which a schedule is set, with what comes of it."""
        return schedule_to_dict(self.schedule) | {
            "executed_by": self.executed_by.value,
            "follow": self.follow,
            "overridden": self.overridden,
            "next_start": None if self.next_start is None else dt_util.as_local(self.next_start).isoformat(),
            "next_end": None if self.next_end is None else dt_util.as_local(self.next_end).isoformat(),
            "problem": self.problem,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What has become of a schedule that was set."""

    executed_by: Executor
    verified: bool
    """Whether the charger shows, in a reading, what now holds."""
    rounded_a: Mapping[float, float]
    """The currents of windows that the charger has no steps for, and what it gets instead."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for a response."""
        return {
            "executed_by": self.executed_by.value,
            "verified": self.verified,
            "rounded": [{"current": given, "to": held} for given, held in self.rounded_a.items()],
        }
