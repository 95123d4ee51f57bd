"""What a meter of the mains cannot mean, by what the chargers draw; such a reading is none."""

from collections.abc import Sequence
import math

from .charger import METER_LAGS_S, TrackedCharger
from .mains import FOLLOWS_S, Phase, sane

# Meters and chargers do not agree to the ampere, and not at the same moment.
_DIFFERS_A, _DIFFERS_PART = 2.0, 0.1
# A charger that draws less may as well draw nothing.
_CHARGES_A = 3.0
# A meter that shows the same while the cars took so much more or less is stuck.
_UNSEEN_A = 3.0
_DUST_A = 1e-9


class Plausibility:
    """Judges the readings of the mains. Phases are numbered from 0."""

    def __init__(self, phases: int) -> None:
        """Start with nothing read."""
        self._shown_a: list[float] = [math.nan] * phases
        # Since when the meter shows the same, and what the chargers drew when it began to.
        self._since_s: list[float] = [-math.inf] * phases
        self._drawn_a: list[float | None] = [None] * phases
        self.doubted: set[int] = set()

    def judge(
        self,
        t: float,
        amps: Sequence[float | None],
        phases: Sequence[Phase],
        chargers: Sequence[TrackedCharger],
        *,
        exports: bool,
    ) -> list[float | None]:
        """Return the currents of a reading, in A, with None for those that cannot be; `doubted` has their phases."""
        readings = [sane(reading) for reading in amps[: len(phases)]]
        sure_a = [_sure_a(t, n, chargers) for n in range(len(phases))]
        for n, reading in enumerate(readings):
            if reading is not None:
                self._note(t, n, reading, chargers)
        # What was doubted stays so until it is known what the chargers draw: they go to the safe current for it.
        moves = any(t < charger.moved_s + FOLLOWS_S for charger in chargers)
        for n, reading in enumerate(readings):
            if reading is None:
                continue
            if (moves and n in self.doubted) or self._is_doubtful(
                t, n, reading, sure_a, chargers, exports=exports
            ):
                readings[n] = None
                self.doubted.add(n)
            else:
                self.doubted.discard(n)
        return readings

    def _note(self, t: float, n: int, reading: float, chargers: Sequence[TrackedCharger]) -> None:
        if not abs(reading - self._shown_a[n]) < _DUST_A:
            self._shown_a[n], self._since_s[n], self._drawn_a[n] = reading, t, None
        elif self._drawn_a[n] is None:
            self._drawn_a[n] = _all_a(t, n, chargers, self._since_s[n])

    def _is_doubtful(
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
        if all(abs(shown_a) < _DUST_A for shown_a in self._shown_a) and max(sure_a) >= _CHARGES_A:
            return True
        if not exports and reading < sure_a[n] * (1 - _DIFFERS_PART) - _DIFFERS_A:
            return True
        before_a, now_a = self._drawn_a[n], _all_a(t, n, chargers, self._since_s[n])
        return before_a is not None and now_a is not None and abs(now_a - before_a) >= _UNSEEN_A


def _is_settled(t: float, charger: TrackedCharger) -> bool:
    """Return whether what a charger reads is what it draws: it is measured, and on its way to no other offer."""
    return charger.draw.is_measured and not charger.pace.is_silent(t) and t >= charger.moved_s + FOLLOWS_S


def _sure_a(t: float, n: int, chargers: Sequence[TrackedCharger]) -> float:
    """Return what the chargers draw from a phase at least."""
    return sum(charger.draw.drawn_a[n] for charger in chargers if _is_settled(t, charger))


def _all_a(t: float, n: int, chargers: Sequence[TrackedCharger], since_s: float) -> float | None:
    """Return what the chargers draw from a phase; None while that is not known of all of them, read since then."""
    on_phase = [charger for charger in chargers if n in charger.draw.wiring]
    if not all(_is_settled(t, c) and c.pace.last_s >= since_s + METER_LAGS_S for c in on_phase):
        return None
    return sum(charger.draw.drawn_a[n] for charger in on_phase)
