"""Liveness of a sensor that reports only changes: what proves its last value while it is quiet."""

from collections import deque
import math

# What a device measures together it reports within this time.
_TOGETHER_S = 0.5
_NEEDED = 3
# A sensor that repeats its value sooner than this reports always, so that its silence means something.
_REPEATS_WITHIN_S = 15.0
# A heartbeat may be late by a quarter; a slower one leaves a dead sensor unnoticed for too long.
_LATE, _SLOWEST_BEAT_S = 1.25, 60.0
_LEAST_PAUSE_S = 1.0


class Liveness:
    """Learns the habit of one sensor. Times are seconds of a clock that never goes back.

    Its last value is proven by other sensors of its device, which its changes were seen to come with, or by a
    heartbeat, and no more often than its changes may come: a sensor that is read every 30 s is not made faster by this.
    """

    def __init__(self) -> None:
        """Know nothing yet, so that nothing is proven."""
        self._last_s = self._repeated_s = self._sibling_s = self._changed_s = -math.inf
        self._repeats: deque[bool] = deque(maxlen=20)
        self._gaps: deque[float] = deque(maxlen=100)
        self._beats: deque[float] = deque(maxlen=_NEEDED)
        self._together: deque[bool] = deque(maxlen=_NEEDED)

    def report(self, t: float, *, is_change: bool) -> None:
        """Take a report of the sensor; `is_change`: of another value than before."""
        gap_s = t - self._last_s
        self._last_s = t
        self._repeats.append(not is_change and gap_s < _REPEATS_WITHIN_S)
        if is_change:
            if math.isfinite(gap_s):
                self._gaps.append(gap_s)
            self._together.append(t - self._sibling_s <= _TOGETHER_S)
            self._changed_s = t
        elif gap_s >= _REPEATS_WITHIN_S:
            self._beats.append(gap_s)

    def sibling(self, t: float) -> None:
        """Take a report of another sensor of the same device."""
        self._sibling_s = t
        if t - self._changed_s <= _TOGETHER_S:
            self._together[-1] = True

    def repeat(self, t: float) -> None:
        """Note that its last value was taken for a reading once more."""
        self._repeated_s = t

    def is_due(self, t: float) -> bool:
        """Return whether its last value is proven, and is to be taken for a reading once more."""
        if len(self._gaps) < _NEEDED or sum(self._repeats) >= _NEEDED:
            return False
        # The third shortest: two may have been two parts of one change.
        quickest_s = sorted(self._gaps)[_NEEDED - 1]
        if t - max(self._last_s, self._repeated_s) < max(_LEAST_PAUSE_S, quickest_s):
            return False
        return self._is_proven_by_siblings(t) or self._is_proven_by_beat(t, quickest_s)

    def _is_proven_by_siblings(self, t: float) -> bool:
        return sum(self._together) == _NEEDED and t - self._sibling_s <= _TOGETHER_S

    def _is_proven_by_beat(self, t: float, quickest_s: float) -> bool:
        if len(self._beats) < _NEEDED:
            return False
        beat_s = max(self._beats)
        is_regular = beat_s <= min(_SLOWEST_BEAT_S, _LATE * min(self._beats))
        # One whose changes only come with the beat is read by a timer.
        return is_regular and quickest_s <= beat_s / 2 and t - self._last_s <= _LATE * beat_s
