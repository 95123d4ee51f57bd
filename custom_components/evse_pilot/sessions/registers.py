"""What a charger counts, and what of it went into the car between two readings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from ..chargers.counters import ENERGY, Reading, begins_anew
from ..chargers.types import SessionReading
from ..chargers.wire import integer, number
from .session import moment

# By so much, or a twentieth, the two counters of a charger may differ over an absence.
_MISMATCH_WH = 300.0
_MOST_WH, _MOST_SESSIONS = 1e9, 2**63
# Where the clock does not show how much time has passed: half a day of the largest circuit is more than any car takes.
_UNTIMED_S = 12 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """The counters of a charger at a moment, in Wh, and the number of its session; None: not known."""

    at: datetime
    total_wh: float | None = None
    session_wh: float | None = None
    number: int | None = None
    # From before a restart of Home Assistant, whose clock may have been set since.
    is_stored: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, at: datetime, reading: SessionReading) -> Self:
        """Return those of a reading."""
        return cls(at=at, total_wh=reading.total_wh, session_wh=reading.session_wh, number=reading.number)

    @property
    def are_known(self) -> bool:
        """Return whether one of the counters is known."""
        return self.total_wh is not None or self.session_wh is not None

    def after(self, before: Registers) -> Registers:
        """Return these with the number from before, where they have none."""
        return self if self.number is not None else replace(self, number=before.number)

    def passed_s(self, before: Registers) -> float:
        """Return how much time has passed by the clock; less than 0: it was set back."""
        return (self.at - before.at) / timedelta(seconds=1)

    def hidden_s(self, before: Registers, gain_wh: float, power_w: float) -> float:
        """Return how much time has passed that the clock does not show: that of an energy with a power.

        The energy may be less by the last digit of its counter.
        """
        least_s = max(0.0, gain_wh - ENERGY.step) * 3600 / power_w
        return max(0.0, least_s - max(0.0, self.passed_s(before))) if self._is_untimed(before) else 0.0

    def _is_untimed(self, before: Registers) -> bool:
        """Return whether more time may have passed than the clock shows."""
        return before.is_stored or self.at < before.at

    def total_gain_wh(self, before: Registers) -> float | None:
        """Return by how much the total has grown; None: not known, for it was reset, or went on from elsewhere."""
        return self._growth_wh(before, before.total_wh, self.total_wh)

    def session_gain_wh(self, before: Registers) -> float | None:
        """Return by how much the energy of the session has grown; one that is much lower began again from 0."""
        if self.session_wh is None or before.session_wh is None:
            return None
        start_wh = 0.0 if self.fell(before) else min(before.session_wh, self.session_wh)
        return self._growth_wh(before, start_wh, self.session_wh)

    def gain_wh(self, before: Registers) -> float:
        """Return what went into the car; 0 for what no counter shows."""
        gain_wh = self.total_gain_wh(before)
        if gain_wh is None:
            gain_wh = self.session_gain_wh(before)
        return gain_wh or 0.0

    def fell(self, before: Registers) -> bool:
        """Return whether the energy of the session is lower than before, by more than is rounded."""
        if self.session_wh is None or before.session_wh is None:
            return False
        return begins_anew(before.session_wh, self.session_wh)

    def differ(self, before: Registers) -> bool:
        """Return whether the charger shows another session than before, by its number or else by its energy."""
        if None not in (self.number, before.number):
            return self.number != before.number
        return None not in (self.session_wh, before.session_wh) and self.session_wh != before.session_wh

    def lost_a_session(self, before: Registers) -> bool:
        """Return whether the total has grown by more than the session: another session was in between."""
        total_wh, session_wh = self.total_gain_wh(before), self.session_gain_wh(before)
        if total_wh is None or session_wh is None:
            return False
        return total_wh - session_wh > max(_MISMATCH_WH, total_wh / 20)

    def own_wh(self, before: Registers) -> float:
        """Return what the session has that began since: its own counter, if the total has grown by as much."""
        total_wh = self.total_gain_wh(before)
        if self.session_wh is None or self.session_wh == before.session_wh != 0:
            # The energy is still that of the session before.
            return (total_wh or 0.0) if self.number in (None, before.number) else 0.0
        return self.session_wh if total_wh is None else min(self.session_wh, total_wh)

    def _growth_wh(self, before: Registers, start_wh: float | None, end_wh: float | None) -> float | None:
        if start_wh is None or end_wh is None or end_wh < start_wh:
            return None
        seconds = self.passed_s(before)
        if self._is_untimed(before):
            seconds = max(seconds, _UNTIMED_S)
        first, last = Reading(value=start_wh, at_s=0.0), Reading(value=end_wh, at_s=seconds)
        return end_wh - start_wh if first.leads_to(last, ENERGY) else None

    def as_dict(self) -> dict[str, Any]:
        """Return them as JSON for the storage."""
        return {
            "at": self.at.isoformat(),
            "total_wh": self.total_wh,
            "session_wh": self.session_wh,
            "number": self.number,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read stored ones; ValueError and the like without a moment."""
        return cls(
            at=moment(stored["at"]),
            total_wh=number(stored.get("total_wh"), 0, _MOST_WH),
            session_wh=number(stored.get("session_wh"), 0, _MOST_WH),
            number=integer(stored.get("number"), 0, _MOST_SESSIONS),
            is_stored=True,
        )
