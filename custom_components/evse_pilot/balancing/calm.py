"""Calm reasons and powers: what is shown does not alternate with the noise of the meter."""

from dataclasses import replace

from ..control.claim import Reason
from .law.model import Share

# Of these, one may alternate with another by a tenth of an ampere; so long one has to hold before it is shown.
_ALTERNATING = frozenset(
    {
        Reason.MAIN_FUSE,
        Reason.SUM_CEILING,
        Reason.TEMPORARY_CEILING,
        Reason.PEAK,
        Reason.CIRCUIT,
        Reason.UNBALANCE,
        Reason.WAITING_FOR_CALM,
        Reason.CAR_TAKES_LESS,
        Reason.MINIMUM_OFF_TIME,
        Reason.ROTATION,
    }
)
_HOLDS_S = 15.0
# A power that is worked out of the meter's readings is shown in such steps, and no more often.
_SHOWN_W, _SHOWN_EVERY_S = 100.0, 15.0


class CalmShare:
    """Holds the reason of a share back until it is worth showing. Times are seconds of a clock that never goes back."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._shown: Share | None = None
        self._until_s: float | None = None
        self._next: tuple[Reason | None, int | None] | None = None
        self._since_s = 0.0

    def take(self, t: float, share: Share | None) -> Share | None:
        """Take what holds now; return what is shown: its current, and a reason that lasts or came with the current."""
        if share is None or not self._is_held_back(t, share):
            self._next = None
            self._shown = share
            self._until_s = None if share is None or share.seconds is None else t + share.seconds
            return share
        assert self._shown is not None
        seconds = None if self._until_s is None else self._until_s - t
        return replace(self._shown, seconds=seconds)

    def _is_held_back(self, t: float, share: Share) -> bool:
        shown = self._shown
        if shown is None or shown.amps != share.amps or not {shown.reason, share.reason} <= _ALTERNATING:
            return False
        following = (share.reason, share.phase)
        if following == (shown.reason, shown.phase) or (self._until_s is not None and t >= self._until_s):
            return False
        if following != self._next:
            self._next, self._since_s = following, t
        return t < self._since_s + _HOLDS_S


class CalmPower:
    """A power that is shown in coarse steps, and now and then. Times are seconds of a clock that never goes back."""

    def __init__(self, every_s: float = _SHOWN_EVERY_S) -> None:
        """Show nothing yet; a change of what is shown comes so long after the last one."""
        self.shown_w: float | None = None
        self._every_s = every_s
        self._since_s = 0.0

    def take(self, t: float, watts: float | None) -> None:
        """Take what holds now."""
        rounded = None if watts is None else round(watts / _SHOWN_W) * _SHOWN_W
        is_new = (rounded is None) is not (self.shown_w is None)
        if is_new or (rounded != self.shown_w and t >= self._since_s + self._every_s):
            self.shown_w, self._since_s = rounded, t
