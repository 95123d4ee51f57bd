"""What outlives a restart of a peak tariff: the window that lasts, and the highest windows of the month."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
import math
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...runtime.storage import Parts, Stored, storage_key
from .meter import Window
from .month import Month, Peak

VERSION = 1
SAVE_DELAY_S = 60
# No house draws so much.
_MOST_W = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakRecord:
    """All that is stored; `at_s`: when, in seconds since 1970, and `power_w`: what was drawn then."""

    window: Window | None = None
    at_s: float = 0.0
    power_w: float = 0.0
    month: Month | None = None


def stored_peaks(hass: HomeAssistant, entry_id: str) -> Stored[PeakRecord]:
    """Return the file of the peak tariff of one group."""
    return Stored(hass, storage_key("peaks", entry_id), version=VERSION, read=_read, write=_write)


def _write(record: PeakRecord) -> dict[str, Any]:
    window, month = record.window, record.month
    return {
        "window": None
        if window is None
        else {
            "start_s": window.start_s,
            "length_s": window.length_s,
            "drawn_ws": round(window.drawn_ws),
            "unknown_s": round(window.unknown_s, 1),
            "at_s": record.at_s,
            "power_w": round(record.power_w),
        },
        "month": None
        if month is None
        else {
            "first": month.first.isoformat(),
            "of_days": [_peak_to_json(peak) for peak in month.of_days.values()],
            "highest": [_peak_to_json(peak) for peak in month.highest],
        },
    }


def _peak_to_json(peak: Peak) -> dict[str, Any]:
    return {"start": peak.start.isoformat(), "mean_w": round(peak.mean_w, 1)}


def _read(parts: Parts) -> PeakRecord:
    """Read a record; a part of it that makes no sense is left out."""
    nothing: tuple[Window | None, float, float] = (None, 0.0, 0.0)
    window, at_s, power_w = parts.read("window", _read_window, nothing)
    return PeakRecord(window=window, at_s=at_s, power_w=power_w, month=parts.read("month", _read_month, None))


def _read_window(raw: Any) -> tuple[Window | None, float, float]:
    if raw is None:
        return None, 0.0, 0.0
    length_s = _number(raw["length_s"], 3600.0)
    window = Window(
        start_s=_number(raw["start_s"], math.inf),
        length_s=length_s,
        drawn_ws=_number(raw["drawn_ws"], _MOST_W * length_s),
        unknown_s=_number(raw["unknown_s"], length_s),
    )
    return window, _number(raw["at_s"], math.inf), _number(raw["power_w"], _MOST_W)


def _read_month(raw: Any) -> Month | None:
    if raw is None:
        return None
    month = Month(first=date.fromisoformat(raw["first"]))
    for item in (*raw["of_days"], *raw["highest"]):
        month = month.add(_peak_from_json(item))
    # A window that is the highest of its day is in both lists.
    return Month(
        first=month.first,
        of_days=month.of_days,
        highest=tuple(_peak_from_json(item) for item in raw["highest"]),
    )


def _peak_from_json(raw: Mapping[str, Any]) -> Peak:
    start = datetime.fromisoformat(raw["start"])
    if start.tzinfo is None:
        raise ValueError("no moment")
    return Peak(start=dt_util.as_local(start), mean_w=_number(raw["mean_w"], _MOST_W))


def _number(value: object, most: float) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value < math.inf
        or value > most
    ):
        raise ValueError("no number")
    return float(value)
