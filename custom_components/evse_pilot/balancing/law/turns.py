"""Order of the chargers, and their turns: which is served first, which is paused first, and for how long one may stay on."""

from collections.abc import Sequence
import math

from ...chargers.types import LEAST_A
from .charger import TrackedCharger
from .model import Group, Strategy
from .standing import Standing

# A car that took nothing in its turn waits so long for the next one.
_TIRED_S = 3600.0


def rank(group: Group, c: TrackedCharger) -> tuple[bool, float, float, str]:
    """Return what sorts the first before the last; one that takes nothing is behind all that do."""
    came_s = c.plugged_s if group.strategy is Strategy.FIRST_COME else 0.0
    return c.standing is Standing.IDLE, came_s, c.spec.priority, c.spec.id


def rank_to_stay(
    group: Group, c: TrackedCharger, *, is_sure: bool
) -> tuple[bool, float, float, bool, bool, float, str]:
    """Return what sorts the last to be paused first.

    Among equals it is one that wakes again, that surely draws where there is too much, and that has had most.
    """
    idle, came_s, priority, name = rank(group, c)
    return idle, came_s, priority, not c.habits.sleeps, is_sure, c.had_as, name


def rank_waiting(group: Group, c: TrackedCharger) -> tuple[bool, float, float, float, float, str]:
    """Return what sorts those that wait, where they do not come in order: the one that has had least first."""
    by_priority = group.strategy is Strategy.PRIORITY
    return (
        c.standing is Standing.IDLE,
        c.spec.priority if by_priority else 0,
        c.had_as,
        c.switched_s,
        c.spec.priority,
        c.spec.id,
    )


def turn_left_s(t: float, group: Group, o: TrackedCharger, c: TrackedCharger) -> float:
    """Return how long one charger may stay on while another waits; without end if it need not make way.

    Among equals a turn is over when the car has had so much more than the one that waits as it draws in one turn.
    """
    if o.two_masters:
        return math.inf
    rests_s = max(c.rests_until_s, o.switched_s + group.minimum_on_s, o.waking_s) - t
    if o.standing is Standing.IDLE and c.standing is not Standing.IDLE:
        return rests_s
    if group.strategy is Strategy.FIRST_COME:
        return rests_s if rank(group, c) < rank(group, o) else math.inf
    if group.strategy is Strategy.PRIORITY and c.spec.priority != o.spec.priority:
        return rests_s if rank(group, c) < rank(group, o) else math.inf
    if o.habits.sleeps:
        return math.inf
    if c.standing is Standing.IDLE:
        # It has a timer of its own, perhaps: nothing shows when, so that it is asked now and then.
        return max(rests_s, c.switched_s + _TIRED_S - t, o.switched_s + group.rotation_s - t)
    drawn_a = max(sum(o.draw.drawn_a), LEAST_A)
    return max(rests_s, group.rotation_s - (o.had_as - c.had_as) / drawn_a)


def start_even(chargers: Sequence[TrackedCharger], c: TrackedCharger) -> None:
    """Let a car that begins to want its share have had no less than those that have had least: it owes nothing."""
    others = [o.had_as for o in chargers if o is not c and o.standing is Standing.AWAKE]
    if others:
        c.had_as = max(c.had_as, min(others))
