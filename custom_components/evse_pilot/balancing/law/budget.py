"""How often the claim of one charger may rise: relays, flash and radio wear with each command."""

import math

# A car needs 5 s from one offer to the next (IEC 61851-1).
PAUSE_S = 5.0
# A smaller change is not worth a command.
USEFUL_A = 0.5
# Soon after a change the next one must be worth more.
_JUST_S, _RECENT_S = 60.0, 300.0
# Enough at first to follow a lively house, then five an hour; what must be lowered is lowered all the same.
_CLAIMS, _CLAIM_EVERY_S = 70.0, 720.0


class Budget:
    """Counts the changes of a charger's claim. Times are seconds of a clock that never goes back."""

    __slots__ = ("_left", "_left_s", "_paced_s")

    def __init__(self) -> None:
        """Start with all of it left."""
        self._left, self._left_s = _CLAIMS, -math.inf
        self._paced_s = -math.inf

    def spend(self, t: float, *, paced: bool, counted: bool = True) -> None:
        """Count a change; `paced`: the next one has to wait for the car. One that is not counted only does that."""
        if counted:
            self._left = max(0.0, self._left - 1)
        if paced:
            self._paced_s = t

    def is_too_soon(self, t: float) -> bool:
        """Return whether the car may not have followed the last change yet."""
        return t < self._paced_s + PAUSE_S

    def useful_a(self, t: float) -> float | None:
        """Return how many amperes a rise must bring now; None: it may not rise now.

        The more changes there were, the more the next must be worth.
        """
        self._left = min(_CLAIMS, self._left + (t - self._left_s) / _CLAIM_EVERY_S)
        self._left_s = t
        if self._left < 1 or self.is_too_soon(t):
            return None
        if not self.is_half_spent:
            gone_s = t - self._paced_s
            return USEFUL_A * (4 if gone_s < _JUST_S else 2 if gone_s < _RECENT_S else 1)
        return 2 * USEFUL_A if self._left > _CLAIMS / 4 else 4 * USEFUL_A

    @property
    def is_half_spent(self) -> bool:
        """Return whether there were so many changes that they have to become coarse."""
        return self._left <= _CLAIMS / 2
