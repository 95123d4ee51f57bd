"""Admission: which chargers stay on, which are paused, and which are switched on again."""

from collections.abc import Sequence

from .allocate import Limit
from .charger import TrackedCharger
from .model import Strategy
from .situation import Situation
from .standing import Standing
from .turns import rank_to_stay, rank_waiting, turn_left_s

# A charger that was switched off is switched on again with a little to spare.
_SPARE_A = 0.5


def keep(now: Situation, on: Sequence[TrackedCharger]) -> list[TrackedCharger]:
    """Return those that stay on: the last in order is left out, one by one, until the minimums of the others fit."""
    stay, rooms = list(on), [limit.stay_a for limit in now.limits]
    while full := now.full(now.needed(stay), rooms):
        stay.remove(
            max(
                (c for c in stay if full.weight(c.spec.id, c.counted)),
                key=lambda c: rank_to_stay(now.group, c, is_sure=c.draw.is_sure(full.phases)),
            )
        )
    return stay


def admit(
    now: Situation, on: Sequence[TrackedCharger], waiting: Sequence[TrackedCharger]
) -> tuple[list[TrackedCharger], list[TrackedCharger]]:
    """Return those that stay on, and those that may be switched on; make room by turns for those that have waited.

    Both lists are in order, the first to be served first.
    """
    if now.group.strategy is not Strategy.FIRST_COME:
        waiting = sorted(waiting, key=lambda c: rank_waiting(now.group, c))
    stay, rooms = list(on), _rooms_to_come(now.limits)
    coming: list[TrackedCharger] = []
    needed = now.needed(stay)
    for c in waiting:
        if now.t < c.rests_until_s or not now.may_rise(c):
            continue
        if now.full(needed, rooms, c) is not None:
            if (left := _make_room(now, c, stay, coming, needed)) is None:
                continue
            stay = left
        coming.append(c)
        needed = now.needed([*stay, *coming])
    return stay, coming


def _rooms_to_come(limits: Sequence[Limit]) -> list[float]:
    """Return how many amperes each limit leaves to those that are on and those that are to come."""
    return [limit.safe_a - _SPARE_A for limit in limits]


def _make_room(
    now: Situation,
    c: TrackedCharger,
    on: Sequence[TrackedCharger],
    coming: Sequence[TrackedCharger],
    needed: Sequence[float],
) -> list[TrackedCharger] | None:
    """Return those that stay on beside one that waits; None if it has no right to that, or needs calm and no room.

    `needed` is what the minimums of those that are on and of those that come take.
    """
    stay, rooms = list(on), now.rooms
    while full := now.full(needed, rooms, c):
        ready = [
            o for o in stay if full.weight(o.spec.id, o.counted) and turn_left_s(now.t, now.group, o, c) <= 0
        ]
        if not ready:
            return None
        # The one that has had its turn for longest, after those that take nothing.
        stay.remove(max(ready, key=lambda o: (o.standing is Standing.IDLE, -o.switched_s, o.spec.id)))
        needed, rooms = now.needed([*stay, *coming]), _rooms_to_come(now.limits)
    return stay if len(stay) < len(on) else None
