"""One meter: the phases that it reads, and what of them the chargers behind it draw."""

from collections.abc import Sequence
import math

from .charger import TrackedCharger
from .mains import MOVES_A, Phase
from .plausibility import Plausibility

# So long after a start the house is not known before its chargers: what they draw would be taken for its own.
_FIRST_READ_WITHIN_S = 15.0


class Meter:
    """The mains, or a circuit with a meter of its own. Times are seconds of any clock that never goes back."""

    def __init__(self, phases: int, *, may_be_idle: bool = False) -> None:
        """Start with nothing read; `may_be_idle`: nothing but chargers may be behind it."""
        self.phases = [Phase() for _ in range(phases)]
        self.plausibility = Plausibility(phases, may_be_idle=may_be_idle)
        # What may flow on each phase, and on all of them, where that is less than the fuse bears.
        self._limit_a = self._sum_a = math.inf
        # How often a phase was read.
        self.readings = 0
        self._first_reading_s = math.inf

    def protect(
        self, fuse_a: Sequence[float], margin_a: float, answers_s: float, *, uses_reserve: bool = False
    ) -> None:
        """Take the fuse that it is at, and how long the slowest charger takes to follow beyond what any does.

        `uses_reserve`: a car that has its minimum may stay on for as long as the breaker bears that.
        """
        for phase, amps in zip(self.phases, fuse_a, strict=True):
            phase.fuse_a, phase.margin_a, phase.answers_s = amps, margin_a, answers_s
            phase.uses_reserve = uses_reserve

    def keep_below(self, limit_a: float, sum_a: float) -> None:
        """Take what may flow on each phase, and on all of them; infinite where nothing but the fuse is a limit."""
        self._limit_a, self._sum_a = limit_a, sum_a

    def read(
        self, t: float, amps: Sequence[float | None], chargers: Sequence[TrackedCharger], *, exports: bool
    ) -> list[float | None]:
        """Take a reading, amperes of each phase, export negative, None where nothing new was read.

        Return it without what cannot be. `chargers` are those behind it; `exports`: what is behind it may feed in.
        """
        self._first_reading_s = min(self._first_reading_s, t)
        starts = t < self._first_reading_s + _FIRST_READ_WITHIN_S
        readings = self.plausibility.judge(t, amps, chargers, exports=exports)
        shown_a = [
            phase.shown_a if reading is None else reading
            for phase, reading in zip(self.phases, readings, strict=False)
        ]
        too_much = sum(shown_a) > self._sum_a
        for n, (phase, reading) in enumerate(zip(self.phases, readings, strict=False)):
            if reading is None:
                continue
            if starts and not phase.readings and any(c.is_unclear(t, n) for c in chargers):
                continue
            self._read_phase(t, n, reading, chargers, too_much=too_much)
        return readings

    def _read_phase(
        self, t: float, n: int, reading: float, chargers: Sequence[TrackedCharger], *, too_much: bool
    ) -> None:
        phase = self.phases[n]
        phase.note(t, reading)
        _notice_falls(t, n, phase, chargers)
        too_much = too_much or reading > min(self._limit_a, phase.limits_a()[0])
        danger = reading > phase.fuse_a
        # With the first reading there is nothing that it could have moved from.
        moved_s = phase.moved_s if phase.readings else -math.inf
        drawn_a = low_a = high_a = 0.0
        for charger in chargers:
            least_a, most_a = charger.draws(t, n, moved_s=moved_s, too_much=too_much, danger=danger)
            if least_a == most_a:
                drawn_a += least_a
            else:
                low_a += least_a
                high_a += most_a
        phase.read(t, reading, drawn_a, low_a, high_a)
        self.readings += 1

    def found(self, t: float, charger: TrackedCharger) -> None:
        """Take what a charger draws that was not read before for its own."""
        for phase, drawn_a in zip(self.phases, charger.draw.drawn_a, strict=True):
            phase.found(t, drawn_a)

    def watch(self, t: float) -> None:
        """Notice phases of which readings are overdue."""
        for phase in self.phases:
            phase.watch(t)


def _notice_falls(t: float, n: int, phase: Phase, chargers: Sequence[TrackedCharger]) -> None:
    """Notice that the meter has fallen by what the cars that were lowered were to fall by, before they are read."""
    falling = [c for c in chargers if c.falls_a(t, n) > 0]
    if not falling:
        return
    falls_a = sum(c.falls_a(t, n) for c in falling)
    if phase.fallen_a(min(c.claimed_s for c in falling)) >= max(falls_a - MOVES_A, falls_a / 2):
        for c in falling:
            c.has_fallen()
