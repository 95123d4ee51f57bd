"""When a charging session began, as far as its energy shows that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, override

from homeassistant.helpers.restore_state import ExtraStoredData

from ..chargers.wire import iso_moment, number

# A smaller fall, of less than a tenth, is rounding.
_ROUNDING_WH = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(ExtraStoredData):
    """The energy of a session that was last read, in Wh, and when it began; None: not known."""

    energy_wh: float | None = None
    began_at: datetime | None = None

    def after(self, energy_wh: float | None, now: datetime) -> Session:
        """Return the session after a reading; one that is lower is of a new session.

        The first session that is seen began at a moment that is not known.
        """
        if energy_wh is None:
            return self
        before_wh = 0.0 if self.energy_wh is None else self.energy_wh
        is_new = before_wh - energy_wh > min(_ROUNDING_WH, before_wh / 10)
        return Session(energy_wh=energy_wh, began_at=now if is_new else self.began_at)

    @override
    def as_dict(self) -> dict[str, Any]:
        return {
            "energy_wh": self.energy_wh,
            "began_at": None if self.began_at is None else self.began_at.isoformat(),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return what was stored; what does not fit is not known."""
        return cls(
            energy_wh=number(stored.get("energy_wh"), 0, 1e9),
            began_at=iso_moment(stored.get("began_at")),
        )
