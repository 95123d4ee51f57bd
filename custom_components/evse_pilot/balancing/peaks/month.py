"""The highest windows of a calendar month: what capacity tariffs are made of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

# Tariffs take the mean of three or five.
_KEPT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """A window: when it began, in local time, and its mean power in W."""

    start: datetime
    mean_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The highest windows of a month: one of each day, and the highest whatever their days, highest first."""

    first: date
    of_days: Mapping[date, Peak] = field(default_factory=dict)
    highest: tuple[Peak, ...] = ()

    def add(self, peak: Peak) -> Month:
        """Return the month with one more window; with one of another month a new one begins."""
        day = peak.start.date()
        first = day.replace(day=1)
        if first != self.first:
            return Month(first=first).add(peak) if first > self.first else self
        before = self.of_days.get(day)
        of_days = dict(self.of_days)
        if before is None or peak.mean_w > before.mean_w:
            of_days[day] = peak
        return Month(first=first, of_days=of_days, highest=_highest((*self.highest, peak)))

    def at(self, day: date) -> Month:
        """Return the month that a day is in: this one, or one without any window yet."""
        first = day.replace(day=1)
        return self if first <= self.first else Month(first=first)

    @property
    def peak(self) -> Peak | None:
        """Return the highest window; None: there is none yet."""
        return self.highest[0] if self.highest else None

    @property
    def highest_of_days(self) -> tuple[Peak, ...]:
        """Return the highest windows of different days."""
        return _highest(self.of_days.values())


def mean_w(peaks: Iterable[Peak], number: int) -> float | None:
    """Return the mean of the first so many windows, or of all if there are fewer; None: there is none."""
    watts = [peak.mean_w for peak in peaks][:number]
    return sum(watts) / len(watts) if watts else None


def _highest(peaks: Iterable[Peak]) -> tuple[Peak, ...]:
    return tuple(sorted(peaks, key=lambda peak: (-peak.mean_w, peak.start.timestamp()))[:_KEPT])
