"""How often readings of a source arrive, and when they are overdue."""

from collections import deque
import math

# Three missed readings, but no less than a busy network may take, and no more than a fuse should wait.
_MISSED = 3
_LEAST_S, _MOST_S = 15.0, 180.0
# Until a habit is known.
_AT_FIRST_S = 90.0
_USUAL_AT_FIRST_S = 10.0
_KEPT, _NEEDED = 20, 4


class Pace:
    """Learns the habit of a source from the times of its readings, in seconds."""

    __slots__ = ("_gaps", "last_s", "silent_after_s", "usual_s")

    def __init__(self) -> None:
        """Start without a reading."""
        self.last_s = -math.inf
        self.silent_after_s = _AT_FIRST_S
        self.usual_s = _USUAL_AT_FIRST_S
        self._gaps: deque[float] = deque(maxlen=_KEPT)

    def add(self, t: float) -> None:
        """Note a reading."""
        gap = t - self.last_s
        self.last_s = t
        if not 0 < gap <= _MOST_S:
            return
        self._gaps.append(gap)
        if len(self._gaps) >= _NEEDED:
            # Three in four come within it: a few lost readings do not make it slower.
            self.usual_s = round(sorted(self._gaps)[len(self._gaps) * 3 // 4], 1)
            self.silent_after_s = min(max(_MISSED * self.usual_s, _LEAST_S), _MOST_S)

    def is_silent(self, t: float) -> bool:
        """Return whether a reading is overdue, or there was none yet."""
        return t - self.last_s > self.silent_after_s
