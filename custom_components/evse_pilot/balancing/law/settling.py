"""Calm shares: near enough to what each should have, and with as few chargers moved as can be."""

from collections.abc import Mapping, Sequence

from .allocate import EPSILON_A
from .budget import USEFUL_A
from .charger import TrackedCharger
from .situation import Situation

# What it differs from its share by is no reason to move a charger soon after it was moved; later it has its share. Few
# chargers have it at once; of many each change of the house would move all.
_DIFFERS_EACH_A, _DIFFERS_MOST_A, _EVEN_AFTER_S = 0.5, 3.0, 600.0


def settle(
    now: Situation,
    given: Mapping[TrackedCharger, float],
    targets: Mapping[TrackedCharger, float],
    rooms: Sequence[float],
) -> dict[TrackedCharger, float]:
    """Return what each should have if those that are near it stay where they are, as far as there is room, in A.

    Too much is taken from those that have most beyond their share, what is left goes to those that lack most of it.
    """
    others = len(targets) - 1
    differs_a = max(USEFUL_A, min(_DIFFERS_MOST_A, _DIFFERS_EACH_A * others))
    calm = {c: _stays_a(now, c, given[c], amps, differs_a) for c, amps in targets.items()}
    left = [room - sum(now.weights[c][n] * amps for c, amps in calm.items()) for n, room in enumerate(rooms)]
    for n in range(len(left)):
        _take(now, n, calm, targets, left)
    _give(now, given, calm, targets, left, differs_a)
    return calm


def _stays_a(now: Situation, c: TrackedCharger, given_a: float, target_a: float, differs_a: float) -> float:
    """Return what it has, if it may stay there; one that follows its ceiling goes with it."""
    if c.follows_to(target_a):
        return target_a
    if now.t >= c.moved_s + _EVEN_AFTER_S:
        differs_a = USEFUL_A
    elif given_a > target_a >= now.demands[c].wanted_a:
        # It would be held back from others for nothing.
        differs_a = min(differs_a, 2 * USEFUL_A)
    if given_a < c.minimum_a or given_a > c.ceiling_a or not target_a:
        return target_a
    return given_a if abs(given_a - target_a) <= differs_a + EPSILON_A else target_a


def _take(
    now: Situation,
    n: int,
    calm: dict[TrackedCharger, float],
    targets: Mapping[TrackedCharger, float],
    left: list[float],
) -> None:
    """Lower what is beyond one limit, each once: none has less than its minimum for it."""
    higher = (c for c in calm if now.weights[c][n] and calm[c] > c.minimum_a)
    for c in sorted(higher, key=lambda c: (targets[c] - calm[c], -c.had_as, c.spec.id)):
        if left[n] >= -EPSILON_A:
            return
        amps = max(c.minimum_a, c.down_a(calm[c] + left[n] / now.weights[c][n]))
        for m, weight in enumerate(now.weights[c]):
            left[m] += weight * (calm[c] - amps)
        calm[c] = amps


def _give(
    now: Situation,
    given: Mapping[TrackedCharger, float],
    calm: dict[TrackedCharger, float],
    targets: Mapping[TrackedCharger, float],
    left: list[float],
    differs_a: float,
) -> None:
    """Raise those that lack most with what is left, where that is worth a write."""
    for c in sorted(calm, key=lambda c: (calm[c] - targets[c], c.had_as, c.spec.id)):
        rooms = [room / weight for room, weight in zip(left, now.weights[c], strict=True) if weight]
        # What it does not want is left to others.
        demand = now.demands[c]
        wanted_a = demand.maximum_a if targets[c] > demand.wanted_a else demand.wanted_a
        most_a = min(wanted_a, targets[c] + differs_a)
        if not rooms or not calm[c] or calm[c] < given[c]:
            continue
        amps = c.down_a(min(most_a, calm[c] + min(rooms)))
        if amps < calm[c] + USEFUL_A:
            continue
        for m, weight in enumerate(now.weights[c]):
            left[m] -= weight * (amps - calm[c])
        calm[c] = amps
