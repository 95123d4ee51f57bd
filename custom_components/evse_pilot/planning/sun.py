"""The sun that a car has while it waits for its plan, so that less of its energy has to be planned.

Numbers in, segments out: no clock and no Home Assistant.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

from ..control.expected_sun import ExpectedSun
from .segments import Segment

# A car that charges as planned takes so much more than the sun gives, be it next to nothing: it goes on without a stop.
_LEAST_MORE_W = 1.0


class SunCurve:
    """The sun at any moment."""

    def __init__(self, sun: ExpectedSun) -> None:
        """Take what is expected."""
        self._powers = sun.powers
        self._least_w = sun.least_w
        self._starts_s = [each.start.timestamp() for each in sun.powers]

    @property
    def edges_s(self) -> set[float]:
        """Return when the power of the sun changes."""
        return {*self._starts_s, *(each.end.timestamp() for each in self._powers)}

    def beside(self, segments: Iterable[Segment]) -> list[Segment]:
        """Return what a car takes more in each segment if it is planned to charge there, and what that costs.

        While it waits it has the sun that is enough for it, at no cost; in the planned times all of the sun is for free.
        """
        return [self._beside(segment) for segment in segments]

    def _beside(self, segment: Segment) -> Segment:
        sun_w = min(self._at(segment.start_s), segment.power_w - _LEAST_MORE_W)
        if sun_w <= 0:
            return segment
        waits_w = sun_w if sun_w >= min(self._least_w, segment.power_w - _LEAST_MORE_W) else 0.0
        more_w = segment.power_w - waits_w
        bought = (segment.power_w - sun_w) / more_w
        return replace(segment, power_w=more_w, per_kwh=segment.per_kwh * bought, sun_w=waits_w)

    def _at(self, moment_s: float) -> float:
        index = bisect_right(self._starts_s, moment_s) - 1
        if index < 0 or moment_s >= self._powers[index].end.timestamp():
            return 0.0
        return self._powers[index].power_w
