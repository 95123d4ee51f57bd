"""What a meter of the mains cannot mean, by what the chargers draw; such a reading is none."""

from collections.abc import Sequence
import math

from .charger import METER_LAGS_S, TrackedCharger
from .mains import FOLLOWS_S, sane

# Meters and chargers do not agree to the ampere, and not at the same moment.
_DIFFERS_A, _DIFFERS_PART = 2.0, 0.1
# A charger that draws less may as well draw nothing.
_CHARGES_A = 3.0
# A meter that shows the same while the cars took so much more or less is stuck.
_UNSEEN_A = 3.0
# A house in which the cars take what the sun leaves is near 0 A, and at 0 A now and then; not for so long.
_NEAR_ZERO_A, _AT_ZERO_S = 1.0, 15.0
# A meter that was wrong is believed again when it is right while a charger draws, or was so long while none did.
_RIGHT_S = 60.0
_DUST_A = 1e-9


class Plausibility:
    """Judges the readings of the mains. Phases are numbered from 0."""

    def __init__(self, phases: int, *, may_be_idle: bool = False) -> None:
        """Start with nothing read; `may_be_idle`: nothing but chargers may be behind the meter."""
        self._may_be_idle = may_be_idle
        self._shown_a: list[float] = [math.nan] * phases
        # What the meter showed before that.
        self._before_a: list[float] = [math.nan] * phases
        # Since when the meter shows the same, and what the chargers drew when it began to.
        self._since_s: list[float] = [-math.inf] * phases
        self._drawn_a: list[float | None] = [None] * phases
        self.doubted: set[int] = set()
        self._wrong_s: list[float] = [-math.inf] * phases
        # Since when the meter shows less than the chargers drew when they were last read.
        self._less_s: list[float] = [math.inf] * phases

    def forget_draws(self) -> None:
        """Compare with what the chargers drew no more: they are others now."""
        self._drawn_a = [None] * len(self._drawn_a)

    def judge(
        self,
        t: float,
        amps: Sequence[float | None],
        chargers: Sequence[TrackedCharger],
        *,
        exports: bool,
    ) -> list[float | None]:
        """Return the currents of a reading, in A, with None for those that cannot be; `doubted` has their phases."""
        readings = [sane(reading) for reading in amps[: len(self._shown_a)]]
        sure_a = [_sure_a(t, n, chargers) for n in range(len(self._shown_a))]
        for n, reading in enumerate(readings):
            if reading is not None:
                self._note(t, n, reading, chargers)
        for n, reading in enumerate(readings):
            if reading is None:
                continue
            if self._is_wrong(t, n, reading, sure_a, chargers, exports=exports):
                self._wrong_s[n] = t
                self.doubted.add(n)
            elif n in self.doubted and self._is_right(t, n, sure_a, chargers):
                self.doubted.discard(n)
            if n in self.doubted:
                readings[n] = None
        return readings

    def _note(self, t: float, n: int, reading: float, chargers: Sequence[TrackedCharger]) -> None:
        if not abs(reading - self._shown_a[n]) < _DUST_A:
            self._before_a[n] = self._shown_a[n]
            self._shown_a[n], self._since_s[n], self._drawn_a[n] = reading, t, None
        elif self._drawn_a[n] is None:
            self._drawn_a[n] = _all_a(t, n, chargers, self._since_s[n])

    def _is_wrong(
        self,
        t: float,
        n: int,
        reading: float,
        sure_a: Sequence[float],
        chargers: Sequence[TrackedCharger],
        *,
        exports: bool,
    ) -> bool:
        """Return whether a phase cannot have this current."""
        is_zero = all(abs(shown_a) < _DUST_A for shown_a in self._shown_a)
        if exports and is_zero and n not in self.doubted:
            fell = any(abs(before_a) > _NEAR_ZERO_A for before_a in self._before_a)
            is_zero = fell or t >= max(self._since_s) + _AT_ZERO_S
        if is_zero and (max(sure_a) >= _CHARGES_A or (n in self.doubted and not self._is_idle(t, chargers))):
            return True
        if exports:
            self._less_s[n] = math.inf
        elif self._is_less(t, n, reading, sure_a[n], chargers):
            return True
        before_a, now_a = self._drawn_a[n], _all_a(t, n, chargers, self._since_s[n])
        return before_a is not None and now_a is not None and abs(now_a - before_a) >= _UNSEEN_A

    def _is_idle(self, t: float, chargers: Sequence[TrackedCharger]) -> bool:
        """Return whether it may be right that nothing flows: all chargers were read since, and none of them draws.

        Where one drew at first, it is a meter that shows the same whatever the chargers take.
        """
        since_s = max(self._since_s)
        return self._may_be_idle and all(
            _all_a(t, n, chargers, since_s) == 0 for n in range(len(self._shown_a))
        )

    def _is_less(
        self, t: float, n: int, reading: float, sure_a: float, chargers: Sequence[TrackedCharger]
    ) -> bool:
        """Return whether a phase has less than its chargers draw; those that were not read since may have stopped."""
        if reading >= _least_a(sure_a):
            self._less_s[n] = math.inf
            return False
        self._less_s[n] = min(self._less_s[n], t)
        return reading < _least_a(_sure_a(t, n, chargers, self._less_s[n]))

    def _is_right(
        self, t: float, n: int, sure_a: Sequence[float], chargers: Sequence[TrackedCharger]
    ) -> bool:
        """Return whether a phase that was doubted, and can have its current, is believed again.

        While a charger moves, as to the safe current, nothing is known of what it draws, and nothing is proved.
        """
        if any(n in charger.draw.wiring and t < charger.moved_s + FOLLOWS_S for charger in chargers):
            return False
        if self._less_s[n] < math.inf:
            return False
        return max(sure_a) >= _CHARGES_A or t >= self._wrong_s[n] + _RIGHT_S


def _is_settled(t: float, charger: TrackedCharger) -> bool:
    """Return whether what a charger reads is what it draws: it is measured, and on its way to no other offer."""
    return charger.draw.is_measured and not charger.pace.is_silent(t) and t >= charger.moved_s + FOLLOWS_S


def _sure_a(t: float, n: int, chargers: Sequence[TrackedCharger], since_s: float = -math.inf) -> float:
    """Return what the chargers draw from a phase at least, by those that were read since."""
    sure = (c for c in chargers if _is_settled(t, c) and c.pace.last_s >= since_s)
    return sum(charger.draw.drawn_a[n] for charger in sure)


def _least_a(sure_a: float) -> float:
    """Return the least that a meter shows while chargers draw so much."""
    return sure_a * (1 - _DIFFERS_PART) - _DIFFERS_A


def _all_a(t: float, n: int, chargers: Sequence[TrackedCharger], since_s: float) -> float | None:
    """Return what the chargers draw from a phase; None while that is not known of all of them, read since then."""
    on_phase = [charger for charger in chargers if n in charger.draw.wiring]
    if not all(_is_settled(t, c) and c.pace.last_s >= since_s + METER_LAGS_S for c in on_phase):
        return None
    return sum(charger.draw.drawn_a[n] for charger in on_phase)
