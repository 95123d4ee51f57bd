"""Order of the chargers, and their turns: which is served first, which is paused first, and for how long one may stay on."""

import math

from .charger import Standing, TrackedCharger
from .model import Group, Strategy

# A car that took nothing last time waits so many times longer for its turn.
_TIRED = 4


def rank(group: Group, c: TrackedCharger) -> tuple[bool, float, float, str]:
    """Return what sorts the first before the last; one that takes nothing is behind all that do."""
    came_s = c.plugged_s if group.strategy is Strategy.FIRST_COME else 0.0
    return c.standing is Standing.IDLE, came_s, c.spec.priority, c.spec.id


def rank_to_stay(group: Group, c: TrackedCharger) -> tuple[bool, float, float, float, str]:
    """Return what sorts the last to be paused first: among equals, the one that has had least."""
    idle, came_s, priority, name = rank(group, c)
    return idle, came_s, priority, c.charge_as, name


def rank_waiting(group: Group, c: TrackedCharger) -> tuple[bool, float, float, float, str]:
    """Return what sorts those that wait, where they do not come in order: the one that has waited longest first."""
    by_priority = group.strategy is Strategy.PRIORITY
    return (
        c.standing is Standing.IDLE,
        c.spec.priority if by_priority else 0,
        c.switched_s,
        c.spec.priority,
        c.spec.id,
    )


def turn_left_s(t: float, group: Group, o: TrackedCharger, c: TrackedCharger) -> float:
    """Return how long one charger may stay on while another waits; without end if it need not make way."""
    if o.two_masters:
        return math.inf
    rests_s = max(c.switched_s + group.minimum_off_s, o.switched_s + group.minimum_on_s) - t
    if t < o.waking_s:
        rests_s = max(rests_s, o.waking_s - t)
    if o.standing is Standing.IDLE and c.standing is not Standing.IDLE:
        return rests_s
    if group.strategy is Strategy.FIRST_COME:
        return rests_s if rank(group, c) < rank(group, o) and c.standing is o.standing else math.inf
    if group.strategy is Strategy.PRIORITY and c.spec.priority != o.spec.priority:
        return rests_s if rank(group, c) < rank(group, o) else math.inf
    waits_s = group.rotation_s * (_TIRED if c.standing is Standing.IDLE else 1)
    return max(rests_s, o.switched_s + group.rotation_s - t, c.switched_s + waits_s - t)
