"""A peak tariff: the mean of a window of the clock is one more limit on the sum of the phases.

What is left of a window is spread over its rest. A car is lowered and raised with the means of the house, for a window has
time; a contactor opens only when what is left would not last for one more reaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import math

from ...control.claim import Reason
from .allocate import Limit
from .mains import FOLLOWS_S, Phase

# What the house may switch on that is not seen before the window is over; and the part of the window that is kept for it.
_UNSEEN_LOAD_A, _KEPT_AT_MOST = 15.0, 0.03
# What was left over is spread over so long a time at least, and what is missing over so long.
_SPREADS_S, _SAVES_S = 300.0, 30.0
# The means of the house over the last seconds: to share what there is, and to foresee the rest of the window, for which
# what comes counts sooner than what goes. The closer the end of the window, the shorter they are.
_QUICK_COMES_S, _QUICK_GOES_S, _QUICK_PART = 60.0, 15.0, 0.05
_COMES_S, _GOES_S, _SLOW_PART = 90.0, 300.0, 0.2
# So much more than what is left is no reason to lower one while the window is long.
_SLACK_PART, _SLACK_S = 0.1, 300.0
# So long a reaction takes, beside two periods of the meter.
_REACTS_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakWindow:
    """What the sum of the phases may still draw in the window of a peak tariff that lasts now, in As.

    `target_a` is the mean of a whole window, `length_s` its length, `left_s` the rest of it.
    """

    target_a: float
    length_s: float
    left_as: float
    left_s: float

    def __post_init__(self) -> None:
        """Refuse what is no window."""
        if not 0 <= self.target_a < math.inf or not 0 < self.length_s < math.inf:
            raise ValueError("a target is 0 A or more, and a window lasts")
        if not 0 <= self.left_s < math.inf or not -math.inf < self.left_as < math.inf:
            raise ValueError("what is left is a number")


class HouseMeans:
    """Means of what the house draws on all phases together, in A; `t` in seconds of a clock that never goes back."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.quick_a = self.slow_a = 0.0
        self._at_s = -math.inf

    def note(self, t: float, house_a: float, left_s: float) -> None:
        """Take what the house draws now, in a window that lasts so long."""
        gone_s = t - self._at_s
        self._at_s = t
        quick_s = _QUICK_COMES_S if house_a > self.quick_a else _QUICK_GOES_S
        self.quick_a += _part(gone_s, min(quick_s, _QUICK_PART * left_s)) * (house_a - self.quick_a)
        slow_s = _COMES_S if house_a > self.slow_a else _GOES_S
        self.slow_a += _part(gone_s, min(slow_s, _SLOW_PART * left_s)) * (house_a - self.slow_a)


def _part(gone_s: float, lasts_s: float) -> float:
    """Return how much of a mean over so long is replaced by a value that held for so many seconds."""
    return 1.0 if gone_s >= 10 * lasts_s else 1 - math.exp(-max(gone_s, 0.0) / lasts_s)


def peak_limit(window: PeakWindow, means: HouseMeans, phases: Sequence[Phase], *, calm: bool) -> Limit:
    """Return the room below a peak tariff; `calm`: the house has been read often enough to rise into it."""
    known = [phase for phase in phases if not phase.blind]
    pace_s = max((phase.pace.usual_s for phase in known), default=0.0)
    whole_as = window.target_a * window.length_s
    kept_as = min(_UNSEEN_LOAD_A * (pace_s + FOLLOWS_S), _KEPT_AT_MOST * whole_as)
    left_s = max(window.left_s, 1.0)
    left_as = window.left_as - kept_as
    spare_as = left_as - window.target_a * left_s
    even_a = window.target_a + spare_as / max(left_s, _SPREADS_S if spare_as > 0 else _SAVES_S)
    worst_a = sum(phase.worst_a for phase in known)
    # One is lowered when the mean asks for it, but then to what the house leaves now: in one step.
    house_a = max(means.quick_a, sum(phase.house_a for phase in known))
    # The later it is, the less of what the house draws now can go by before the end of the window.
    foreseen_a = means.slow_a + max(0.0, house_a - means.slow_a) * (1 - left_s / window.length_s)
    # What the cars can have of the rest: to the end, for which what is kept may be used up, or for one more reaction.
    cars_as = left_as - foreseen_a * left_s
    stay_a = max((cars_as + kept_as) / left_s, cars_as / min(left_s, _REACTS_S + 2 * pace_s))
    return Limit(
        phases=tuple(range(len(phases))),
        room_a=stay_a,
        stay_a=stay_a,
        slack_a=_SLACK_PART * window.target_a * min(1.0, left_s / _SLACK_S) + house_a - means.quick_a,
        wakes_a=math.inf,
        careful_a=even_a - house_a,
        safe_a=min(window.target_a, even_a) - max(worst_a, means.slow_a) if calm else -math.inf,
        calm_a=even_a - max(worst_a, means.quick_a) if calm else -math.inf,
        reason=Reason.PEAK,
    )
