"""Sharing: how much each charger that is on should have, and which are lowered and raised for it.

`given` is what each steady charger is given so far; a function returns only what changes, in A.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .allocate import EPSILON_A, Limit, share, too_much
from .budget import USEFUL_A
from .charger import TrackedCharger
from .model import Strategy
from .settling import settle
from .situation import Situation
from .standing import Standing
from .turns import rank

type Amps = Mapping[TrackedCharger, float]


def find_targets(
    now: Situation, given: Amps, on: Sequence[TrackedCharger], rooms: Sequence[float], *, forced: bool
) -> dict[TrackedCharger, float]:
    """Return what each should have, in its own steps; what is left goes to the empty ones, up to their minimum."""
    demands = [now.demands[c] for c in on]
    if forced:
        # To lower a car that may not draw yet would be no help.
        spared = [
            replace(demand, minimum_a=given[c]) if now.t < c.waking_s else demand
            for c, demand in zip(on, demands, strict=True)
        ]
        demands = demands if too_much(spared, now.limits, now.rooms) else spared
    in_order = now.group.strategy is not Strategy.EQUAL
    amps = share(demands, now.limits, rooms, in_order=in_order) if demands else []
    targets = {c: c.down_a(c.obeyed_a(a, now.group.margin_a)) for c, a in zip(on, amps, strict=True)}
    if not in_order:
        targets = settle(now, given, targets, rooms)
    left = [room - sum(now.weights[c][n] * a for c, a in targets.items()) for n, room in enumerate(rooms)]
    resting = [c for c in now.steady if c.standing is Standing.RESTING]
    for c in sorted(resting, key=lambda c: rank(now.group, c)):
        keep_a = given[c] or (c.minimum_a if c.has_no_car else 0.0)
        targets[c] = next((a for a in (keep_a, min(keep_a, c.minimum_a)) if now.fits(c, a, left)), 0.0)
        for n, weight in enumerate(now.weights[c]):
            left[n] -= weight * targets[c]
    return targets


def lower(now: Situation, given: Amps, targets: Amps, forced: Sequence[Limit]) -> dict[TrackedCharger, float]:
    """Return those that are lowered: at once if a limit forces it; others only if one can rise for it."""
    needed = not forced and any(_gain_a(now, c, given[c], target) > 0 for c, target in targets.items())
    lowered: dict[TrackedCharger, float] = {}
    for c, target in targets.items():
        if target >= given[c] - EPSILON_A:
            continue
        if any(limit.weight(c.spec.id, c.counted) for limit in forced) or (
            needed and not c.two_masters and target <= given[c] - USEFUL_A and not c.budget.is_too_soon(now.t)
        ):
            lowered[c] = target
    return lowered


def lift(now: Situation, given: Amps, targets: Amps, rooms: Sequence[float]) -> dict[TrackedCharger, float]:
    """Return those that are raised, as far as no other draws there any more.

    The minimum of one that is switched on may take more room.
    """
    taken = [
        limit.leaving_a + sum(now.weights[c][n] * max(amps, given[c]) for c, amps in now.old_a.items())
        for n, limit in enumerate(now.limits)
    ]
    lifted: dict[TrackedCharger, float] = {}
    for c in sorted(targets, key=lambda c: (c.standing is Standing.RESTING, *rank(now.group, c))):
        if not (gain_a := _gain_a(now, c, given[c], targets[c])):
            continue
        weights = now.weights[c]
        gain_a = min([gain_a, *((rooms[n] - taken[n]) / w for n, w in enumerate(weights) if w)])
        amps = c.down_a(c.obeyed_a(given[c] + gain_a, now.group.margin_a))
        if given[c] == 0:
            left = [
                min(limit.room_a, max(limit.safe_a, limit.used_a)) - taken[n]
                for n, limit in enumerate(now.limits)
            ]
            if not now.fits(c, c.minimum_a, left):
                continue
            amps = max(amps, c.minimum_a)
        elif not _gain_a(now, c, given[c], amps):
            continue
        for n, weight in enumerate(weights):
            taken[n] += weight * (amps - given[c])
        lifted[c] = amps
    return lifted


def _gain_a(now: Situation, c: TrackedCharger, given_a: float, target_a: float) -> float:
    """Return by how much it would rise; 0 if that is not worth a write, or not yet."""
    useful_a = c.useful_a(now.t, target_a)
    gain_a = target_a - given_a
    if useful_a is None or gain_a < EPSILON_A or not now.may_rise(c):
        return 0.0
    return gain_a if gain_a >= useful_a - EPSILON_A or (given_a == 0 < gain_a) else 0.0
