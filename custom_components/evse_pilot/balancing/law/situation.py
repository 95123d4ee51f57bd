"""Situation: what is known for one decision, before anything is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .allocate import EPSILON_A, Demand, Limit, first_full
from .charger import TrackedCharger
from .limits import find_limits, reserve
from .mains import Phase
from .model import Group
from .peak import HouseMeans, PeakWindow
from .standing import Standing


class Situation:
    """The house, the limits, and what each charger had and could use; until the writes only `Limit.used_a` changes."""

    def __init__(
        self,
        t: float,
        group: Group,
        phases: Sequence[Phase],
        metered: Mapping[str, Sequence[Phase]],
        chargers: Sequence[TrackedCharger],
        is_new: bool,
        peak: PeakWindow | None,
        means: HouseMeans,
    ) -> None:
        """Look at the house, and at what each charger may draw already."""
        self.t = t
        self.group = group
        self.phases = phases
        self.chargers = chargers
        self._is_new = is_new
        self.limits = find_limits(group, phases, metered, peak, means)
        _spare(chargers, self.limits, [phases, *metered.values()])
        # How often a charger counts in each of the limits
        self.weights = {
            c: [limit.weight(c.spec.id, c.counted, is_tried=c.draw.is_tried) for limit in self.limits]
            for c in chargers
        }
        # Those that may get another claim, with what they were given; the doubtful may only be lowered, the held not even
        # that.
        answering = [c for c in chargers if c.standing is not Standing.SILENT]
        self.doubtful = [c for c in answering if c.is_doubtful or c.is_held]
        self.steady = [c for c in answering if not (c.is_doubtful or c.is_held)]
        self.old_a = {c: c.given_a for c in self.steady}
        self.demands = {c: c.demand() for c in self.steady}
        if peak is not None:
            self.demands = {
                c: demand if demand.is_tried else _trial(demand) for c, demand in self.demands.items()
            }
        # How much of each limit the minimum of a steady charger takes
        self.needs = {
            c: [demand.minimum_a * weight for weight in self.weights[c]] for c, demand in self.demands.items()
        }
        if not group.observer:
            for c in chargers:
                reserve(t, c, self.old_a.get(c), self.limits)

    @property
    def rooms(self) -> list[float]:
        """Return how many amperes each limit leaves to the minimums."""
        return [limit.room_a for limit in self.limits]

    def needed(self, chargers: Sequence[TrackedCharger]) -> list[float]:
        """Return how many amperes of each limit the minimums of these chargers take."""
        return [sum(self.needs[c][n] for c in chargers) for n in range(len(self.limits))]

    def full(self, needed: Sequence[float], rooms: Sequence[float], *more: TrackedCharger) -> Limit | None:
        """Return the first limit with a room for less than that and the minimums of more chargers; None: all fits."""
        for c in more:
            needed = [amps + own_a for amps, own_a in zip(needed, self.needs[c], strict=True)]
        return first_full(needed, self.limits, rooms)

    def fits(self, c: TrackedCharger, amps: float, rooms: Sequence[float]) -> bool:
        """Return whether a charger may be given so much of the rooms."""
        return all(w * amps <= room + EPSILON_A for w, room in zip(self.weights[c], rooms, strict=True) if w)

    def may_rise(self, c: TrackedCharger) -> bool:
        """Return whether there is a new reading; without a meter none is waited for, and one with two masters stays."""
        return not c.two_masters and (self._is_new or any(self.phases[n].blind for n in c.draw.wiring))


def _trial(demand: Demand) -> Demand:
    """Return what a car is tried with whose phases are not known: no more than its minimum."""
    return replace(demand, wanted_a=demand.minimum_a, maximum_a=demand.minimum_a)


def _spare(
    chargers: Sequence[TrackedCharger], limits: Sequence[Limit], meters: Sequence[Sequence[Phase]]
) -> None:
    """Count those nowhere that take nothing, as far as the fuses bear that they wake at once; those on first.

    They keep what they are offered if the fuses bear that of all of them, else their minimum. So does one that may have
    just woken, until it is read; it counts if it surely has.
    """
    for c in chargers:
        c.spared_a = None
    idle = sorted(
        (c for c in chargers if _may_be_spared(c, meters)),
        key=lambda c: (c.given_a == 0, c.spec.id),
    )
    offered = {c: max(c.minimum_a, min(c.given_a, c.ceiling_a)) for c in idle}
    for c in idle:
        if any(_may_have_woken(c, phases) for phases in meters):
            offered[c] = c.minimum_a
    fitting = _fitting(offered, limits)
    if len(fitting) < len(idle):
        offered = {c: c.minimum_a for c in idle}
        fitting = _fitting(offered, limits)
    for c in idle:
        if c in fitting:
            c.spared_a = offered[c]
        else:
            # What it is to be tried with must not be another's.
            c.minimum_a = c.least_a


def _may_be_spared(c: TrackedCharger, meters: Sequence[Sequence[Phase]]) -> bool:
    """Return whether it takes nothing, and can be kept at what it has."""
    if c.standing is not Standing.IDLE or c.is_doubtful or c.two_masters:
        return False
    return not any(_has_woken(c, phases) for phases in meters)


def _may_have_woken(c: TrackedCharger, phases: Sequence[Phase]) -> bool:
    """Return whether it may be what a meter shows too much: that has moved since the charger was read."""
    return any(phases[n].is_over and c.pace.last_s < phases[n].moved_s for n in c.draw.wiring)


def _has_woken(c: TrackedCharger, phases: Sequence[Phase]) -> bool:
    """Return whether what a meter shows too much fell when it was lowered to its minimum, which it was not read since."""
    lowered_s = c.moved_s
    if c.given_a > c.minimum_a or c.pace.last_s >= lowered_s:
        return False
    return any(phases[n].is_over and phases[n].fell_s > lowered_s for n in c.draw.wiring)


def _fitting(offered: Mapping[TrackedCharger, float], limits: Sequence[Limit]) -> list[TrackedCharger]:
    """Return those that may draw what they are offered, all at once, on top of all else."""
    left = [limit.wakes_a for limit in limits]
    fitting: list[TrackedCharger] = []
    for c, amps in offered.items():
        weights = [limit.weight(c.spec.id, c.draw.counted) for limit in limits]
        if all(weight * amps <= room for weight, room in zip(weights, left, strict=True) if weight):
            fitting.append(c)
            left = [room - weight * amps for weight, room in zip(weights, left, strict=True)]
    return fitting
