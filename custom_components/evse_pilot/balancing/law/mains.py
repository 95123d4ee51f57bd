"""What the house draws without its chargers, on one phase of the mains."""

from collections import deque
from functools import lru_cache
import math

from .highest import Highest
from .pace import Pace

# A circuit breaker (IEC 60898) as a body that warms up, at the fast edge of makers' curves: it bears 1.13 times its
# current for ever; from 96 % of it, 1.4 times trips within 30 s and twice within 9 s.
TRIPS_AT = 1.13**2
WARMS_UP_S = 70.0
# So much of the breaker's heat is used on purpose; the rest is for what is not known.
_HEAT_USED = 0.92
# What a house may switch on between two readings: a kettle for sure, an oven now and then, both at once at most.
_USUAL_LOAD_A, _LARGE_LOAD_A, _LARGEST_LOAD_A = 10.0, 12.0, 16.0
# What a slow meter has shown for a while may be back at once, and may have been there all along between its readings: a
# hob that clicks in step with the meter is seen always on, or always off.
_SLOW_S, _LATELY_S = 15.0, 1800.0
_BACK_SPARE, _MOST_BACK_A = 1.25, 19.0
# Once a house was watched for so long, its largest step bounds what it may switch on; a day later that step is forgotten.
_WATCHED_S, _FORGETS_S, _STEP_SPARE = 3600.0, 86400.0, 1.1
# The worst of so long a time, and of so many readings of a slow meter, is what may come back.
_CALM_S, _CALM_READINGS = 20.0, 3
# A meter that reports so often shows within moments whether one reading was a load or an error.
FAST_S = 1.5
# The second reading is awaited for so many times its pace.
_SECOND_WITHIN = 2
# A meter that changes by less has not moved: that is its noise.
MOVES_A = 1.0
# A car must follow a new offer within 5 s (IEC 61851-1); the command's way there and the reading's way back come on top.
FOLLOWS_S = 7.0
# No house has so much: a reading beyond it is an error.
_ABSURD_A = 1000.0


def sane(amps: float | None) -> float | None:
    """Return a current that a meter can have measured; None for any other value."""
    return amps if amps is not None and -_ABSURD_A < amps < _ABSURD_A else None


def bearable_a(fuse_a: float, load_a: float, blind_s: float) -> float:
    """Return what a fuse may carry so that a load that comes, unseen for so many seconds, does not heat it too much.

    A meter that reports every second leaves all of it, one that reports every 30 s some amperes less.
    """
    # The heat at the end, (1 - share) * before + share * after, solved for the current before.
    share = 1 - math.exp(-blind_s / WARMS_UP_S)
    root = _HEAT_USED * TRIPS_AT * fuse_a**2 - share * (1 - share) * load_a**2
    return max(0.0, math.sqrt(root) - share * load_a) if root > 0 else 0.0


@lru_cache
def _limits_a(fuse_a: float, margin_a: float, pace_s: float, large_a: float) -> tuple[float, float]:
    return (
        min(fuse_a - margin_a, bearable_a(fuse_a, _USUAL_LOAD_A, pace_s + FOLLOWS_S)),
        min(fuse_a - margin_a, bearable_a(fuse_a, large_a, pace_s + FOLLOWS_S)),
    )


class Phase:
    """One phase: its current without the chargers now, and at worst, in A; and whether its meter reports."""

    __slots__ = (
        "_good",
        "_heat",
        "_house",
        "_house_lately",
        "_is_late",
        "_largest_a",
        "_moved_a",
        "_recent",
        "_since_s",
        "answers_s",
        "before_a",
        "blind",
        "blind_since_s",
        "fell_s",
        "fuse_a",
        "house_a",
        "is_over",
        "known",
        "margin_a",
        "moved_s",
        "pace",
        "readings",
        "uses_reserve",
        "worst_a",
    )

    def __init__(self) -> None:
        """Start with nothing read."""
        self.fuse_a = self.margin_a = 0.0
        self.uses_reserve = False
        # How long the slowest charger takes to follow beyond what any charger does.
        self.answers_s = 0.0
        self.pace = Pace()
        self.known = False
        self.blind = True
        self.blind_since_s = math.inf
        self.house_a = 0.0
        # The house at the reading before the last one.
        self.before_a = math.inf
        # The most that the house drew while it counts; it may come back.
        self.worst_a = 0.0
        self.readings = 0
        self._good = 0
        self._is_late = False
        # Whether the meter shows more than the fuse's current.
        self.is_over = False
        # When the meter last showed another current, and when a lower one.
        self.moved_s = self.fell_s = -math.inf
        self._moved_a = math.nan
        # What it showed while a car may be following, and when.
        self._recent: deque[tuple[float, float]] = deque()
        # Of the breaker, 1 being that of its own current for ever; it starts warm.
        self._heat = 1.0
        # The largest step that the house made between two readings, and since when it is watched.
        self._largest_a, self._since_s = 0.0, math.inf
        self._house, self._house_lately = Highest(), Highest()

    def limits_a(self) -> tuple[float, float]:
        """Return what may flow at most, and what may flow if any car has more than its minimum."""
        return _limits_a(self.fuse_a, self.margin_a, self.pace.usual_s + self.answers_s, self._large_load_a)

    @property
    def _large_load_a(self) -> float:
        """Return the largest load that has to be reckoned with between two readings."""
        is_watched = self.pace.last_s >= self._since_s + _WATCHED_S
        least_a = _USUAL_LOAD_A if is_watched else _LARGE_LOAD_A
        large_a = max(least_a, min(_LARGEST_LOAD_A, float(math.ceil(_STEP_SPARE * self._largest_a))))
        if not self._is_slow:
            return large_a
        back_a = _BACK_SPARE * (self._house_lately.value - self.house_a)
        return float(math.ceil(max(large_a, min(_MOST_BACK_A, back_a))))

    @property
    def _is_slow(self) -> bool:
        """Return whether the meter may miss for minutes what clicks on and off."""
        return self.pace.usual_s > _SLOW_S

    def least_a(self) -> float:
        """Return what may flow if all cars have their minimum: for a contactor the margin may be used up."""
        blind_s = self.pace.usual_s + self.answers_s + FOLLOWS_S
        return min(self.fuse_a, bearable_a(self.fuse_a, _USUAL_LOAD_A, blind_s))

    def stay_a(self) -> float:
        """Return what may flow until the next reading, when this one is the first that shows too much.

        That opens no contactor yet: a fast meter reports again before the breaker minds, with a slow one nothing may
        be over the fuse. One that does not report again in time has shown too much.
        """
        if self._is_late:
            return -math.inf
        if self.pace.usual_s > FAST_S:
            return self.fuse_a
        return self._bears_a(self._heat, self.pace.usual_s + FOLLOWS_S)

    @property
    def opens_by_heat(self) -> bool:
        """Return whether too much opens no contactor at any reading, as long as the breaker bears it."""
        return self.uses_reserve and self.pace.usual_s <= FAST_S

    def wakes_a(self) -> float:
        """Return how much may be drawn on top, unannounced, of a fuse that is used up to its careful limit."""
        limit_a = self.limits_a()[1]
        if not self.fuse_a:
            return 0.0
        return max(0.0, self._bears_a((limit_a / self.fuse_a) ** 2, self.pace.usual_s + FOLLOWS_S) - limit_a)

    def _bears_a(self, heat: float, seconds: float) -> float:
        """Return the current that the breaker bears for so long with heat to spare, if it is so warm now."""
        cooling = math.exp(-seconds / WARMS_UP_S)
        left = (_HEAT_USED * TRIPS_AT - heat * cooling) / (1 - cooling)
        return self.fuse_a * math.sqrt(max(0.0, left))

    def note(self, t: float, amps: float) -> None:
        """Note what the meter shows, before it is known whose it is: when it last moved, and how warm the breaker is."""
        self.is_over = amps > self.fuse_a
        if not abs(amps - self._moved_a) < MOVES_A:
            if amps < self._moved_a:
                self.fell_s = t
            self.moved_s, self._moved_a = t, amps
        self._recent.append((t, amps))
        while self._recent[0][0] < t - 2 * FOLLOWS_S:
            self._recent.popleft()
        if self.fuse_a and self.pace.last_s > -math.inf:
            warm = (max(0.0, amps) / self.fuse_a) ** 2
            gone_s = min(max(t - self.pace.last_s, 0.0), 10 * WARMS_UP_S)
            self._heat = warm + (self._heat - warm) * math.exp(-gone_s / WARMS_UP_S)

    @property
    def shown_a(self) -> float:
        """Return what the meter last showed; 0 before that."""
        return self._recent[-1][1] if self._recent else 0.0

    def fallen_a(self, since_s: float) -> float:
        """Return by how much the meter has fallen from the highest that it showed since then, seconds of a while ago."""
        return max((amps for t, amps in self._recent if t >= since_s), default=-math.inf) - self.shown_a

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
        self.before_a = self.house_a if self.readings else math.inf
        self.known = True
        self.readings += 1
        self.house_a = house_a = amps - drawn_a - theirs
        self._learn(t)
        self.worst_a = self._house.add(t, house_a, max(_CALM_S, _CALM_READINGS * self.pace.usual_s))
        if self._is_slow:
            self._house_lately.add(t, house_a, _LATELY_S)

    def _learn(self, t: float) -> None:
        """Learn what the house switches on between two readings."""
        if self.before_a == math.inf:
            self._since_s = min(self._since_s, t)
            return
        kept = math.exp(-self.pace.usual_s / _FORGETS_S)
        self._largest_a = max(self._largest_a * kept, self.house_a - self.before_a)

    def found(self, t: float, drawn_a: float) -> None:
        """Take what a charger draws that was not read before for its own; it was taken for the house's."""
        if not self.readings or not drawn_a:
            return
        self.house_a -= drawn_a
        self.readings = 1
        self._house.clear()
        self._house_lately.clear()
        self.before_a = self.house_a
        self.worst_a = self._house.add(t, self.house_a, 0.0)

    def watch(self, t: float) -> None:
        """Notice a meter whose readings are overdue."""
        self._is_late = t > self.pace.last_s + _SECOND_WITHIN * self.pace.usual_s
        if not self.blind and self.pace.is_silent(t):
            self.blind, self.blind_since_s = True, t
            self.readings = self._good = 0
            self._house.clear()
