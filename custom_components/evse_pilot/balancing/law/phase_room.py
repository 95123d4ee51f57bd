"""What the limits would leave to a charger on one phase, and on all three: whether one is better than a stop."""

from collections.abc import Mapping, Sequence
import math

from .charger import TrackedCharger
from .model import PhaseRoom
from .situation import Situation
from .standing import Standing


def phase_rooms(
    now: Situation, given: Mapping[TrackedCharger, float], on: Sequence[TrackedCharger]
) -> dict[str, PhaseRoom]:
    """Return it for each charger of which that is known; `on` are those that charge, or would, and are not paused."""
    needed = now.needed(on)
    return {
        c.spec.id: PhaseRoom(
            one_a=_room_a(now, given, c, c.draw.wiring[:1]),
            three_a=_room_a(now, given, c, c.draw.wiring),
            lacks=c.standing is Standing.AWAKE
            and given[c] == 0
            and now.full(needed, now.rooms, c) is not None,
        )
        for c in given
        if len(c.draw.wiring) == 3
        and c.draw.is_measured
        and not c.two_masters
        and not any(now.phases[n].blind for n in c.draw.wiring)
    }


def _room_a(
    now: Situation, given: Mapping[TrackedCharger, float], c: TrackedCharger, phases: tuple[int, ...]
) -> float:
    """Return what it could have on these phases beside what the others are given, for good and not for a moment."""
    least_a = math.inf
    for limit, counts in zip(now.limits, now.weights[c], strict=True):
        if weight := limit.weight(c.spec.id, phases):
            others_a = limit.used_a - counts * given[c]
            least_a = min(least_a, (min(limit.careful_a, limit.calm_a) - others_a) / weight)
    return least_a
