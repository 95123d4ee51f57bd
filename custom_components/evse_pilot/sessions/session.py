"""A charging session as data, and in the words of the storage and of the actions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

from ..chargers.wire import integer, iso_moment, number, text

# Wider than any session, so that only nonsense falls outside.
_MOST_WH, _MOST_W, _MOST_S, _MOST_COST = 1e9, 1e6, 1e9, 1e12
# Less than the last digit that is shown.
_UNPRICED_WH = 1.0
# What is known of a session, in the words and units of the actions and events.
FIELDS = (
    *("begin", "end", "ended_by", "energy_kwh", "energy_estimated", "sun_kwh"),
    *("duration_minutes", "charging_minutes"),
    *("peak_power_kw", "mean_power_kw", "phases", "card", "cost", "currency", "cost_complete"),
)


class Ending(StrEnum):
    """Why a session ended; NOT_SEEN: the car was unplugged while the charger was not read."""

    UNPLUGGED = "unplugged"
    OTHER_CAR = "other_car"
    NOT_SEEN = "not_seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSession:
    """What one car has received from its plug-in to its unplugging; None: not known.

    Moments are in UTC. `end` is None while it lasts. `cost` is None without a price; `unpriced_wh` is what was received
    while the price was not known, and is not part of the cost. `sun_wh` is None where no group knows the sun.
    """

    begin: datetime
    end: datetime | None = None
    ending: Ending | None = None
    energy_wh: float | None = None
    is_estimated: bool = False
    sun_wh: float | None = None
    charging_s: float = 0.0
    peak_w: float | None = None
    phases: int | None = None
    card: str | None = field(default=None, repr=False)
    cost: float | None = None
    currency: str | None = None
    unpriced_wh: float = 0.0

    @property
    def duration_s(self) -> float | None:
        """Return for how long the car was plugged in; None while it is."""
        return None if self.end is None else (self.end - self.begin).total_seconds()

    @property
    def mean_w(self) -> float | None:
        """Return the mean power while the car charged; None: it is not known, or it did not charge."""
        if self.energy_wh is None or self.charging_s < 1:
            return None
        return self.energy_wh * 3600 / self.charging_s

    @property
    def energy_of_sun_wh(self) -> float | None:
        """Return how much of the energy came from the sun: no more than all of it, which another meter counts."""
        if self.sun_wh is None or self.energy_wh is None:
            return self.sun_wh
        return min(self.sun_wh, self.energy_wh)

    @property
    def is_cost_complete(self) -> bool:
        """Return whether the cost is that of all the energy."""
        return self.unpriced_wh < _UNPRICED_WH

    def as_dict(self, zone: tzinfo) -> dict[str, Any]:
        """Return it in the words of the actions and events, times in this zone; None for what is not known."""
        has_cost = self.cost is not None
        return {
            "begin": self.begin.astimezone(zone).isoformat(timespec="seconds"),
            "end": None if self.end is None else self.end.astimezone(zone).isoformat(timespec="seconds"),
            "ended_by": None if self.ending is None else self.ending.value,
            "energy_kwh": _rounded(self.energy_wh, 1000, 3),
            "energy_estimated": self.is_estimated,
            "sun_kwh": _rounded(self.energy_of_sun_wh, 1000, 3),
            "duration_minutes": _rounded(self.duration_s, 60, 1),
            "charging_minutes": _rounded(self.charging_s, 60, 1),
            "peak_power_kw": _rounded(self.peak_w, 1000, 2),
            "mean_power_kw": _rounded(self.mean_w, 1000, 2),
            "phases": self.phases,
            "card": self.card,
            "cost": _rounded(self.cost, 1, 2),
            "currency": self.currency if has_cost else None,
            "cost_complete": self.is_cost_complete if has_cost else None,
        }


def _rounded(value: float | None, unit: float, digits: int) -> float | None:
    return None if value is None else round(value / unit, digits)


def session_to_dict(session: ChargingSession) -> dict[str, Any]:
    """Return a session as JSON for the storage."""
    return {
        "begin": session.begin.isoformat(),
        "end": None if session.end is None else session.end.isoformat(),
        "ending": None if session.ending is None else session.ending.value,
        "energy_wh": session.energy_wh,
        "is_estimated": session.is_estimated,
        "sun_wh": session.sun_wh,
        "charging_s": session.charging_s,
        "peak_w": session.peak_w,
        "phases": session.phases,
        "card": session.card,
        "cost": session.cost,
        "currency": session.currency,
        "unpriced_wh": session.unpriced_wh,
    }


def session_from_dict(stored: Mapping[str, Any]) -> ChargingSession:
    """Read a stored session; ValueError and the like without a beginning; other parts that make no sense are unknown."""
    begin, end = moment(stored["begin"]), stored.get("end")
    return ChargingSession(
        begin=begin,
        end=None if end is None else max(begin, moment(end)),
        ending=Ending(stored["ending"]) if stored.get("ending") is not None else None,
        energy_wh=number(stored.get("energy_wh"), 0, _MOST_WH),
        is_estimated=stored.get("is_estimated") is True,
        sun_wh=number(stored.get("sun_wh"), 0, _MOST_WH),
        charging_s=number(stored.get("charging_s"), 0, _MOST_S) or 0.0,
        peak_w=number(stored.get("peak_w"), 0, _MOST_W),
        phases=integer(stored.get("phases"), 1, 3),
        card=text(stored.get("card"), 64),
        cost=number(stored.get("cost"), -_MOST_COST, _MOST_COST),
        currency=text(stored.get("currency"), 64),
        unpriced_wh=number(stored.get("unpriced_wh"), 0, _MOST_WH) or 0.0,
    )


def moment(stored: object) -> datetime:
    """Read a stored moment; ValueError if it is none."""
    if (found := iso_moment(stored)) is None:
        raise ValueError("no moment")
    return found
