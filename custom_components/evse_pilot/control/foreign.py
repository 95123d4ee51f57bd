"""Foreign changes of a charger's limit; several within minutes are a second master, if they are regular or many."""

from collections import deque
import math

# So many changes within so long are two masters. Steps that follow each other sooner are one change: a person who moves
# a slider, or a charger that comes back from a restart.
_CHANGES, _WITHIN_S, _APART_S = 3, 600.0, 30.0
# A program is as regular as its period and two polls; a person is not. So many within that time are no person's either.
_REGULAR_S, _REGULAR_PART, _MANY = 6.0, 0.1, 6
# After so long without a change the second master is gone.
_GONE_S = 1800.0


class ForeignChanges:
    """Counts the changes of one charger's limit that were not ours. Times are seconds of a clock that never goes back."""

    __slots__ = ("_changes", "_counts_from_s", "_excused_until_s", "_until_s")

    def __init__(self) -> None:
        """Start without any."""
        # When, and the higher limit of before and after, in A per phase.
        self._changes: deque[tuple[float, float]] = deque(maxlen=_MANY)
        self._counts_from_s = self._excused_until_s = self._until_s = -math.inf

    def excuse(self, t: float) -> None:
        """Note something that changes a limit by itself, now or in the next half minute."""
        self._excused_until_s = t + _APART_S

    def is_excused(self, t: float) -> bool:
        """Return whether a change of now has a cause of its own."""
        return t < self._excused_until_s

    def add(self, t: float, before_a: float, after_a: float) -> None:
        """Note a limit that changed without a command."""
        if self.is_excused(t) or t < self._counts_from_s:
            return
        self._counts_from_s = t + _APART_S
        self._changes.append((t, max(before_a, after_a)))
        if self.is_second_master(t) or self._is_a_program(t):
            self._until_s = t + _GONE_S

    def _is_a_program(self, t: float) -> bool:
        """Return whether the last changes came at equal intervals, or were many."""
        recent_s = [at_s for at_s, _ in self._changes if t - at_s <= _WITHIN_S]
        if len(recent_s) < _CHANGES:
            return False
        before_s, middle_s, last_s = recent_s[-_CHANGES:]
        interval_s = last_s - middle_s
        differs_s = abs(interval_s - (middle_s - before_s))
        return len(recent_s) == _MANY or differs_s <= max(_REGULAR_S, _REGULAR_PART * interval_s)

    def is_second_master(self, t: float) -> bool:
        """Return whether something else sets the limit as well."""
        return t < self._until_s

    def most_a(self, t: float) -> float:
        """Return the highest limit of the other, to which it may return at any moment; 0 without one."""
        return max(amps for _, amps in list(self._changes)[-_CHANGES:]) if self.is_second_master(t) else 0.0
