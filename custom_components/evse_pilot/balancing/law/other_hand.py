"""Another hand on the limit of a charger: a second master, which sets it again and again."""

from collections import deque
import math

# So many changes within so long are two masters. Steps that follow each other sooner are one change: a person who moves
# a slider, a charger that comes back from a restart.
_CHANGES, _WITHIN_S, _APART_S = 3, 600.0, 30.0
# After so long without a change the other is gone.
_GONE_S = 1800.0


class OtherHand:
    """Counts the changes of one charger's limit that were not ours."""

    __slots__ = ("_changes", "_counts_from_s", "_until_s")

    def __init__(self) -> None:
        """Nobody else was there."""
        # When, and the higher limit of before and after
        self._changes: deque[tuple[float, float]] = deque(maxlen=_CHANGES)
        self._counts_from_s = self._until_s = -math.inf

    def excuse(self, t: float) -> None:
        """Take note of something that changes a limit by itself, now or in the next half minute."""
        self._counts_from_s = t + _APART_S

    def changed(self, t: float, before_a: float, after_a: float) -> None:
        """Take note of a limit that changed without us."""
        if t < self._counts_from_s:
            return
        self._counts_from_s = t + _APART_S
        self._changes.append((t, max(before_a, after_a)))
        if self.steers(t) or (len(self._changes) == _CHANGES and t - self._changes[0][0] <= _WITHIN_S):
            self._until_s = t + _GONE_S

    def steers(self, t: float) -> bool:
        """Return whether there are two masters."""
        return t < self._until_s

    def most_a(self, t: float) -> float:
        """Return the highest limit of the other, to which it may come back at any moment; 0 without one."""
        return max(amps for _, amps in self._changes) if self.steers(t) else 0.0
