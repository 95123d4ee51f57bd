"""A peak tariff: the mean of a window of the clock is one more limit on the sum of the phases.

What is left of a window is spread over its rest. A car is lowered and raised with the means of the house, for a window has
time; a contactor opens when more is missing than a house that draws the target at most would leave.
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
# The means of the house over the last seconds: to share what there is, and to be switched on again, for which what
# comes counts sooner than what goes. The closer the end of the window, the shorter they are.
_QUICK_COMES_S, _QUICK_GOES_S, _QUICK_PART = 60.0, 15.0, 0.05
_COMES_S, _GOES_S, _SLOW_PART = 90.0, 300.0, 0.2
# So much more than what is left is no reason to lower one while the window is long.
_SLACK_PART, _SLACK_S = 0.1, 300.0
# So long a reaction takes, beside two periods of the meter.
_REACTS_S = 10.0
# So much of a window may be missing before a contactor opens; and so much is kept for that at its beginning.
_TOLERATED, _BANK = 0.008, 0.02


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
    left_s = max(window.left_s, 1.0)
    kept_as = min(_UNSEEN_LOAD_A * (pace_s + FOLLOWS_S), _KEPT_AT_MOST * whole_as)
    kept_as += _BANK * whole_as * left_s / window.length_s
    left_as = window.left_as - kept_as
    spare_as = left_as - window.target_a * left_s
    even_a = window.target_a + spare_as / max(left_s, _SPREADS_S if spare_as > 0 else _SAVES_S)
    worst_a = sum(phase.worst_a for phase in known)
    # One is lowered when the mean asks for it, but then to what the house leaves now: in one step.
    house_a = max(means.quick_a, sum(phase.house_a for phase in known))
    # A house that draws the target at most keeps it from any moment at which no more is missing than is tolerated.
    missing_as = window.left_as - window.target_a * left_s + _TOLERATED * whole_as
    stay_a = window.target_a - house_a + missing_as / min(left_s, _REACTS_S + 2 * pace_s)
    # Half of what is tolerated may be missing before each step counts.
    half_as = _TOLERATED * whole_as / 2
    ease = min(1.0, left_s / _SLACK_S, max(0.0, missing_as / half_as - 1) if half_as else 0.0)
    return Limit(
        phases=tuple(range(len(phases))),
        room_a=stay_a,
        stay_a=stay_a,
        slack_a=_SLACK_PART * window.target_a * ease + house_a - means.quick_a,
        wakes_a=math.inf,
        careful_a=even_a - house_a,
        safe_a=min(window.target_a, even_a) - max(worst_a, means.slow_a) if calm else -math.inf,
        calm_a=even_a - max(worst_a, means.quick_a) if calm else -math.inf,
        reason=Reason.PEAK,
    )
