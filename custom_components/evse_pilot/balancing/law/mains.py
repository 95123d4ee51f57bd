"""What the house draws without its chargers, on one phase of the mains."""

from collections import deque
from functools import lru_cache
import math

from .pace import Pace

# A circuit breaker (IEC 60898) as a body that warms up, at the fast edge of makers' curves: it bears 1.13 times its
# current for ever; from 96 % of it, 1.4 times trips within 30 s and twice within 9 s.
TRIPS_AT = 1.13**2
WARMS_UP_S = 70.0
# What a house may switch on between two readings: a kettle for sure, an oven and a kettle now and then.
_USUAL_LOAD_A, _LARGE_LOAD_A = 10.0, 16.0
# The worst of so long a time, and of so many readings of a slow meter, is what may come back.
_CALM_S, _CALM_READINGS = 20.0, 3
# A car must follow a new offer within 5 s (IEC 61851-1); the command's way there and the reading's way back come on top.
FOLLOWS_S = 7.0
# No house has so much: a reading beyond it is an error.
_ABSURD_A = 1000.0


def sane(amps: float | None) -> float | None:
    """Return a current that a meter can have measured; None for any other value."""
    return amps if amps is not None and -_ABSURD_A < amps < _ABSURD_A else None


def bearable_a(fuse_a: float, load_a: float, blind_s: float) -> float:
    """Return what a fuse may carry so that a load that comes, unseen for so many seconds, does not trip it.

    A meter that reports every second leaves all of it, one that reports every 30 s some amperes less.
    """
    # The heat at the end, (1 - share) * before + share * after, solved for the current before.
    share = 1 - math.exp(-blind_s / WARMS_UP_S)
    root = TRIPS_AT * fuse_a**2 - share * (1 - share) * load_a**2
    return max(0.0, math.sqrt(root) - share * load_a) if root > 0 else 0.0


@lru_cache
def _limits_a(fuse_a: float, margin_a: float, pace_s: float) -> tuple[float, float]:
    return (
        min(fuse_a - margin_a, bearable_a(fuse_a, _USUAL_LOAD_A, pace_s + FOLLOWS_S)),
        min(fuse_a - margin_a, bearable_a(fuse_a, _LARGE_LOAD_A, pace_s + FOLLOWS_S)),
    )


class Phase:
    """One phase: its current without the chargers now, and at worst, in A; and whether its meter reports."""

    __slots__ = (
        "_good",
        "_peaks",
        "blind",
        "blind_since_s",
        "fuse_a",
        "house_a",
        "known",
        "margin_a",
        "pace",
        "readings",
    )

    def __init__(self) -> None:
        """Start with nothing read."""
        self.fuse_a = self.margin_a = 0.0
        self.pace = Pace()
        self.known = False
        self.blind = True
        self.blind_since_s = math.inf
        self.house_a = 0.0
        self.readings = 0
        self._good = 0
        # Falling from left to right: the first is the worst of the time that counts.
        self._peaks: deque[tuple[float, float]] = deque()

    def limits_a(self) -> tuple[float, float]:
        """Return what may flow at most, and what may flow if any car has more than its minimum."""
        return _limits_a(self.fuse_a, self.margin_a, self.pace.usual_s)

    @property
    def worst_a(self) -> float:
        """Return the most that the house drew while it counts; it may come back."""
        return self._peaks[0][1]

    def read(self, t: float, amps: float, drawn_a: float, low_a: float, high_a: float) -> None:
        """Take a reading, of which the chargers draw `drawn_a`, and more of them between `low_a` and `high_a`.

        What the meter gained since the last one is theirs first: cars on their way to a new offer, or with a
        reading of their own that is older than the meter's. Only the rest is the house. It never counts more as theirs than they are
        allowed to draw, so that it costs no safety.
        """
        late = self.pace.is_silent(t)
        self.pace.add(t)
        if self.blind:
            self._good = 1 if late else self._good + 1
            # After a silence one good reading might be the last.
            if self.known and self._good < 2:
                return
            self.blind = False
        theirs = low_a
        if self.readings and low_a < high_a:
            theirs = min(high_a, max(low_a, amps - drawn_a - self.house_a))
        self.known = True
        self.readings += 1
        self.house_a = house_a = amps - drawn_a - theirs
        peaks = self._peaks
        while peaks and peaks[-1][1] <= house_a:
            peaks.pop()
        peaks.append((t, house_a))
        since_s = t - max(_CALM_S, _CALM_READINGS * self.pace.usual_s)
        while peaks[0][0] < since_s:
            peaks.popleft()

    def found(self, t: float, drawn_a: float) -> None:
        """Take what a charger draws that was not read before for its own; it was taken for the house's."""
        if not self.readings or not drawn_a:
            return
        self.house_a -= drawn_a
        self.readings = 1
        self._peaks.clear()
        self._peaks.append((t, self.house_a))

    def watch(self, t: float) -> None:
        """Notice a meter whose readings are overdue."""
        if not self.blind and self.pace.is_silent(t):
            self.blind, self.blind_since_s = True, t
            self.readings = self._good = 0
            self._peaks.clear()
