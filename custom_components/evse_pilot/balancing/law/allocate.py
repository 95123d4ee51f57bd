"""Shares of a room that is known, with no memory and no clock.

A limit is anything that bounds a sum of currents: the fuse of a phase, a ceiling on the sum of the phases. The sun, a
peak tariff or a circuit inside a circuit would be further limits, and nothing here would change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ...control.claim import Reason

# Sums of tenths are not exact.
EPSILON_A = 1e-6


@dataclass(slots=True, kw_only=True)
class Limit:
    """Room for chargers on some mains phases, which are numbered from 0.

    `room_a`: for the minimums now, `stay_a` for those that are on until the next reading. `careful_a`: for more than
    the minimums now, and `slack_a` more before one is lowered. `safe_a`: to be switched on again. `calm_a`: to rise
    into. `wakes_a`: what cars that take nothing may draw on top when they wake. `used_a`: what the chargers may draw
    there. `leaving_a`: what still leaves, into which none may rise. `kept_a`: what another master may take at any moment.
    """

    phases: tuple[int, ...]
    room_a: float
    stay_a: float
    slack_a: float
    wakes_a: float
    careful_a: float
    safe_a: float
    calm_a: float
    reason: Reason
    used_a: float = 0.0
    leaving_a: float = 0.0
    kept_a: float = 0.0
    # Those that it bounds; None: all
    members: frozenset[str] | None = None
    # Only those on fewer phases than so many; None: on however many
    fewer_than: int | None = None

    @property
    def phase(self) -> int | None:
        """Return the number of its phase, from 1, if it is a fuse's."""
        return self.phases[0] + 1 if self.reason in (Reason.MAIN_FUSE, Reason.CIRCUIT) else None

    def weight(self, member: str, phases: tuple[int, ...], *, is_tried: bool = True) -> int:
        """Return how often a charger on these phases counts: an ampere on three phases is three in their sum.

        A peak tariff bears that a car is tried once, which may use one phase only; no fuse does.
        """
        if self.members is not None and member not in self.members:
            return 0
        if self.fewer_than is not None and len(phases) >= self.fewer_than:
            return 0
        common = _common(self.phases, phases)
        return common if is_tried or self.reason is not Reason.PEAK else min(1, common)


@lru_cache
def _common(some: tuple[int, ...], others: tuple[int, ...]) -> int:
    return sum(phase in some for phase in others)


@dataclass(slots=True, kw_only=True)
class Demand:
    """What a charger could use: nothing below `minimum_a`; `wanted_a` at first, `maximum_a` if there is enough."""

    id: str
    phases: tuple[int, ...]
    minimum_a: float
    wanted_a: float
    maximum_a: float
    # Whether its car was seen to draw, so that its phases are known
    is_tried: bool = True


def too_much(demands: Sequence[Demand], limits: Sequence[Limit], rooms: Sequence[float]) -> Limit | None:
    """Return the first limit with a room that the minimums of all do not fit; None if they fit."""
    needed = [sum(demand.minimum_a * _weight(limit, demand) for demand in demands) for limit in limits]
    return first_full(needed, limits, rooms)


def first_full(needed: Sequence[float], limits: Sequence[Limit], rooms: Sequence[float]) -> Limit | None:
    """Return the first limit with a room that is less than what is needed of it, in A; None if there is none."""
    for needed_a, limit, room in zip(needed, limits, rooms, strict=True):
        # A limit that the house breaks by itself is no concern of a charger that is not there.
        if needed_a > max(0.0, room + EPSILON_A):
            return limit
    return None


def share(
    demands: Sequence[Demand], limits: Sequence[Limit], rooms: Sequence[float], *, in_order: bool
) -> list[float]:
    """Share out the rooms, of which the minimums must fit: first what is wanted, then what is left.

    In equal shares, or all that the first can use to the first, then to the next. Where shares are equal none gets more because of
    its place in the list.
    """
    given = [demand.minimum_a for demand in demands]
    weights = [[_weight(limit, demand) for limit in limits] for demand in demands]
    left = [
        room - sum(amps * each[n] for amps, each in zip(given, weights, strict=True))
        for n, room in enumerate(rooms)
    ]
    for caps in ([demand.wanted_a for demand in demands], [demand.maximum_a for demand in demands]):
        if in_order:
            for n in range(len(demands)):
                _raise_level(given, left, weights, caps, [n])
        else:
            _raise_together(given, left, weights, caps)
    return given


def _weight(limit: Limit, demand: Demand) -> int:
    return limit.weight(demand.id, demand.phases, is_tried=demand.is_tried)


def _raise_together(
    given: list[float], left: list[float], weights: Sequence[Sequence[int]], caps: Sequence[float]
) -> None:
    """Raise all to one level, each to its cap at most, and go on with those that no limit has stopped."""
    rising = [n for n in range(len(given)) if given[n] < caps[n] - EPSILON_A]
    while rising:
        _raise_level(given, left, weights, caps, rising)
        full = [room <= EPSILON_A for room in left]
        rising = [
            n
            for n in rising
            if given[n] < caps[n] - EPSILON_A
            and not any(weight and stop for weight, stop in zip(weights[n], full, strict=True))
        ]


def _raise_level(
    given: list[float],
    left: list[float],
    weights: Sequence[Sequence[int]],
    caps: Sequence[float],
    rising: Sequence[int],
) -> None:
    """Raise the rising to the highest level that every limit bears, and take it from what is left."""
    # Where the sum changes its slope: one joins or is full.
    levels = sorted({given[n] for n in rising} | {caps[n] for n in rising})
    level = levels[0]
    for higher in levels[1:]:
        climbing = [n for n in rising if given[n] <= level + EPSILON_A and caps[n] > level + EPSILON_A]
        step = higher - level
        for c, room in enumerate(left):
            if slope := sum(weights[n][c] for n in climbing):
                step = min(step, max(0.0, room) / slope)
        for c in range(len(left)):
            left[c] -= step * sum(weights[n][c] for n in climbing)
        for n in climbing:
            given[n] = level + step
        level += step
        if level < higher - EPSILON_A:
            break
