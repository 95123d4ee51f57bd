"""What a car is found to need: the least current that it charges with, and whether it wakes after a pause. Currents are in A."""

import math

from ...control.claim import Source, Target

# Some cars charge with no less than 8 or 9 A on three phases; what nothing is drawn from is tried higher in turn.
_TRIES_A = (8.0, 10.0, 13.0)
_NEAR_A = 1.0


def tried_a(ceiling_a: float, maximum_a: float, own: Target | None) -> float:
    """Return the most that a car may be tried with, in A: the sun gives it more than its ceiling if it needs that.

    `own` is what the charger may do without the group, None: not known; `maximum_a` what it can be set to.
    """
    without_a = None if own is None or own.source is not Source.SUN else own.without_a
    return ceiling_a if without_a is None else max(ceiling_a, min(maximum_a, without_a))


class Habits:
    """Learns from one car until it is unplugged; that it sleeps is remembered, for the same car will come again."""

    __slots__ = ("_drew_at_a", "_was_stopped", "is_full", "needs_a", "sleeps")

    def __init__(self) -> None:
        """Start with a car of which nothing is known."""
        self.sleeps = False
        self.forget()

    def forget(self) -> None:
        """Forget what it needs: another car may come."""
        # It is taken to need so much; 0: nothing was found.
        self.needs_a = 0.0
        # Nothing was drawn from any current that was tried.
        self.is_full = False
        self._drew_at_a = math.inf
        self._was_stopped = False

    @property
    def takes_nothing(self) -> bool:
        """Return whether nothing was drawn from what was offered, and nothing or more is left to be tried."""
        return self.is_full or (self.needs_a > 0 and self._drew_at_a == math.inf)

    def draws(self, offer_a: float) -> None:
        """Learn from a car that draws, and had time to follow its offer."""
        self._drew_at_a = min(self._drew_at_a, offer_a)
        self.needs_a = min(self.needs_a, offer_a)
        # One that draws after a pause wakes by itself.
        self.sleeps = self.sleeps and not self._was_stopped
        self._was_stopped = self.is_full = False

    def is_stopped(self) -> None:
        """Note that a car that drew was paused."""
        self._was_stopped = True

    def is_quiet(self, offer_a: float, ceiling_a: float) -> None:
        """Learn from a car that has drawn nothing for long enough from what it was offered."""
        if self._drew_at_a <= offer_a + _NEAR_A:
            self.is_full = True
            self.sleeps |= self._was_stopped
            return
        if offer_a < self.needs_a <= ceiling_a:
            return
        tries = (amps for amps in _TRIES_A if offer_a + _NEAR_A <= amps <= ceiling_a)
        self.needs_a = next(tries, 0.0)
        self.is_full = not self.needs_a
