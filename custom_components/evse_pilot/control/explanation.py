"""Why a charger may draw no more: one reason, and a calm one."""

from dataclasses import dataclass
from datetime import datetime
import math

from ..chargers.types import Status
from .claim import Claims, Reason, Source
from .core import ControlCore

# A reason is shown after it has held for so long, or when the current changes with it.
_HOLDS_S = 5.0
_BY_STATUS = {
    Status.DISCONNECTED: Reason.NOT_PLUGGED_IN,
    Status.AWAITING_AUTHORIZATION: Reason.AWAITING_AUTHORIZATION,
    Status.FAULT: Reason.FAULT,
    Status.UPDATING: Reason.FAULT,
    Status.WAITING_FOR_SOLAR: Reason.WAITING_FOR_SOLAR,
    Status.WAITING_FOR_POWER: Reason.WAITING_FOR_POWER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a charger may draw no more; `until` when that ends by itself, if it is known; `detail`: how near a peak is."""

    reason: Reason
    until: datetime | None = None
    without_a: float | None = None
    detail: str | None = None


def explain(core: ControlCore, own: Reason | None) -> Explanation | None:
    """Return what limits a charger now; None: not known yet. `own` is the charger's own reason, where it has one."""
    target, now = core.target, core.shown
    if target is None or now is None:
        return None
    status = now.load.status
    if status is not None and (reason := _BY_STATUS.get(status)) is not None and target.current_a > 0:
        return Explanation(reason=reason)
    if status is Status.DISCONNECTED:
        return Explanation(reason=Reason.NOT_PLUGGED_IN)
    if target.source is None and own is not None and target.current_a > 0:
        return Explanation(reason=own)
    if target.reason is None:
        return None
    return Explanation(
        reason=target.reason,
        until=target.until,
        without_a=target.without_a,
        # The phase of a fuse has a word of its own.
        detail=target.detail if target.reason is Reason.PEAK else None,
    )


def waiting_status(claims: Claims) -> Status | None:
    """Return what a charger that these claims pause waits for, as a status; None: neither a time to come nor the sun."""
    if Source.OVERRIDE in claims:
        return None
    sun = claims.get(Source.SUN)
    for claim in (claims.get(Source.SCHEDULE), claims.get(Source.PLAN)):
        if claim is not None and claim.pause and claim.reason is not Reason.PLAN_FULFILLED:
            return Status.SCHEDULED
    is_waiting = sun is not None and sun.reason is Reason.WAITING_FOR_SOLAR
    return Status.WAITING_FOR_SOLAR if is_waiting else None


class Calm:
    """Holds an explanation back until it is worth showing. Times are seconds of a clock that never goes back."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self.shown: Explanation | None = None
        self._current_a = -math.inf
        self._next: Explanation | None = None
        self._since_s = -math.inf

    def take(self, t: float, explanation: Explanation | None, current_a: float | None) -> float | None:
        """Take what holds now; return in how many seconds it is to be looked at again, None: it is shown."""
        current_a = -math.inf if current_a is None else current_a
        if explanation == self.shown:
            self._next = None
            self._current_a = current_a
            return None
        if explanation != self._next:
            self._next, self._since_s = explanation, t
        held_s = t - self._since_s
        if self.shown is None or explanation is None or current_a != self._current_a or held_s >= _HOLDS_S:
            self.shown, self._next, self._current_a = explanation, None, current_a
            return None
        return _HOLDS_S - held_s
