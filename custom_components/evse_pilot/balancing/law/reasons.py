"""Reasons: why a charger that is commanded is given no more."""

from collections.abc import Mapping, Sequence
import math

from ...control.claim import Reason
from .allocate import EPSILON_A
from .budget import USEFUL_A
from .charger import TrackedCharger
from .model import Share, Strategy
from .situation import Situation
from .standing import Standing
from .turns import turn_left_s

# Sums of tenths are not exact.
_DIGITS = 6


def explain(
    now: Situation,
    given: Mapping[TrackedCharger, float],
    on: Sequence[TrackedCharger],
    needed: Sequence[float],
    shared_by: Sequence[int],
    c: TrackedCharger,
) -> Share:
    """Return what a steady charger is given, and why no more.

    `on` are those that charge, or would, and are not paused, and `needed` what their minimums take; `shared_by` is of
    `among`. Both are the same for all, and take long to work out.
    """
    amps = given[c]
    if c.standing is not Standing.AWAKE or amps >= c.ceiling_a - EPSILON_A:
        return Share(amps=amps, reason=c.reason)
    if c.two_masters:
        return Share(amps=amps, reason=Reason.TWO_MASTERS)
    if amps == 0:
        return _explain_pause(now, on, needed, c)
    if not _is_wanting(now, c, amps):
        return Share(amps=amps, reason=Reason.CAR_TAKES_LESS)
    is_equal = now.group.strategy is Strategy.EQUAL
    slack, n = min(
        (
            round(
                (limit.careful_a - limit.kept_a - limit.used_a) / (shared_by[n] if is_equal else weight),
                _DIGITS,
            ),
            n,
        )
        for n, (limit, weight) in enumerate(zip(now.limits, now.weights[c], strict=True))
        if weight
    )
    if slack >= max(USEFUL_A, c.spec.step_a):
        return Share(amps=amps, reason=Reason.WAITING_FOR_CALM)
    return Share(amps=amps, reason=now.limits[n].reason, phase=now.limits[n].phase)


def _is_wanting(now: Situation, c: TrackedCharger, amps: float) -> bool:
    """Return whether a car is given so little that it would take another step."""
    return amps <= now.demands[c].wanted_a - c.spec.step_a


def among(now: Situation, given: Mapping[TrackedCharger, float]) -> list[int]:
    """Return among how many conductors what is left of each limit is shared, where shares are equal."""
    wanting = [
        now.weights[c]
        for c, amps in given.items()
        if c.standing is Standing.AWAKE
        and amps > 0
        and _is_wanting(now, c, amps)
        and amps < c.ceiling_a - EPSILON_A
    ]
    return [sum(weights[n] for weights in wanting) for n in range(len(now.limits))]


def _explain_pause(
    now: Situation, on: Sequence[TrackedCharger], needed: Sequence[float], c: TrackedCharger
) -> Share:
    """Return why a car that would charge is paused, and for how long if that is known."""
    full = now.full(needed, [limit.room_a - limit.kept_a for limit in now.limits], c)
    off_s = c.rests_until_s - now.t
    if full is None:
        if off_s > 0:
            return Share(amps=0.0, reason=Reason.MINIMUM_OFF_TIME, seconds=off_s)
        return Share(amps=0.0, reason=Reason.WAITING_FOR_CALM)
    turn_s = min(
        (turn_left_s(now.t, now.group, o, c) for o in on if full.weight(o.spec.id, o.counted)),
        default=math.inf,
    )
    if turn_s < math.inf:
        return Share(amps=0.0, reason=Reason.ROTATION, seconds=max(0.0, turn_s))
    return Share(amps=0.0, reason=full.reason, phase=full.phase)
