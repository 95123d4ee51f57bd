"""When a charging session began, as far as its number or its energy shows that."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self, override

from homeassistant.helpers.restore_state import ExtraStoredData

from ..chargers.counters import begins_anew
from ..chargers.wire import integer, iso_moment, number

_MOST_SESSIONS = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(ExtraStoredData):
    """The energy of a session that was last read, in Wh, its number, and when it began; None: not known."""

    energy_wh: float | None = None
    number: int | None = None
    began_at: datetime | None = None
    # The number in the last reading, of which one alone may be odd.
    seen: int | None = field(default=None, compare=False)

    def after(self, energy_wh: float | None, now: datetime, number: int | None = None) -> Session:
        """Return the session after a reading; another number, read twice, or a lower energy is of a new session.

        The first session that is seen began at a moment that is not known. Without a number, the energy is all there
        is to go by. An energy that has not changed with the number is still that of the session before: a fall of it
        counts one reading later.
        """
        is_other = None not in (number, self.number) and number != self.number
        if energy_wh is None or (is_other and (number != self.seen or energy_wh == self.energy_wh != 0)):
            return replace(self, seen=number)
        before_wh = 0.0 if self.energy_wh is None else self.energy_wh
        is_new = is_other or begins_anew(before_wh, energy_wh)
        return Session(
            energy_wh=energy_wh,
            number=self.number if number is None else number,
            began_at=now if is_new else self.began_at,
            seen=number,
        )

    @override
    def as_dict(self) -> dict[str, Any]:
        return {
            "energy_wh": self.energy_wh,
            "number": self.number,
            "began_at": None if self.began_at is None else self.began_at.isoformat(),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return what was stored; what does not fit is not known."""
        return cls(
            energy_wh=number(stored.get("energy_wh"), 0, 1e9),
            number=integer(stored.get("number"), 0, _MOST_SESSIONS),
            began_at=iso_moment(stored.get("began_at")),
        )
