"""What the house draws without its chargers, on one phase of the mains."""

from collections import deque
import math

from .pace import Pace

# The worst of so long a time is what may come back.
CALM_S = 20.0
# No house has so much: a reading beyond it is an error.
_ABSURD_A = 1000.0


def sane(amps: float | None) -> float | None:
    """Return a current that a meter may mean, or None."""
    return amps if amps is not None and -_ABSURD_A < amps < _ABSURD_A else None


class Phase:
    """Remembers one phase: amperes without the chargers now, and at worst; and whether the meter speaks."""

    __slots__ = ("_good", "_peaks", "blind", "blind_since_s", "house_a", "known", "pace", "readings")

    def __init__(self) -> None:
        """Nothing was read yet."""
        self.pace = Pace()
        self.known = False
        self.blind = True
        self.blind_since_s = math.inf
        self.house_a = 0.0
        self.readings = 0
        self._good = 0
        # Falling from left to right: the first is the worst of the time that counts.
        self._peaks: deque[tuple[float, float]] = deque()

    @property
    def worst_a(self) -> float:
        """Return the most that the house drew while it counts; it may come back."""
        return self._peaks[0][1]

    def read(self, t: float, amps: float, drawn_a: float, low_a: float, high_a: float) -> None:
        """Take a reading, of which the chargers draw `drawn_a`, and more of them between `low_a` and `high_a`.

        What the meter gained since the last one is theirs first: cars on their way to a new offer, or whose own
        reading is older than the meter's. Only the rest is the house. It never counts more as theirs than they are
        allowed to draw, so that it costs no safety.
        """
        late = self.pace.silent(t)
        self.pace.heard(t)
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
        while peaks[0][0] < t - CALM_S:
            peaks.popleft()

    def watch(self, t: float) -> None:
        """Notice a meter that says nothing more."""
        if not self.blind and self.pace.silent(t):
            self.blind, self.blind_since_s = True, t
            self.readings = self._good = 0
            self._peaks.clear()
