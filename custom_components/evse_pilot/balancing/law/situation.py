"""Situation: what is known for one decision, before anything is decided."""

from collections.abc import Iterable, Sequence

from .allocate import EPSILON_A, Limit, too_much
from .charger import Standing, TrackedCharger
from .limits import find_limits, reserve
from .mains import Phase
from .model import Group


class Situation:
    """The house, the limits, and what each charger had and could use; until the writes only `Limit.used_a` changes."""

    def __init__(
        self,
        t: float,
        group: Group,
        phases: Sequence[Phase],
        chargers: Sequence[TrackedCharger],
        is_new: bool,
    ) -> None:
        """Look at the house, and at what each charger may draw already."""
        self.t = t
        self.group = group
        self.phases = phases
        self.chargers = chargers
        self._is_new = is_new
        self.limits = find_limits(group, phases)
        # How often a charger counts in each of the limits
        self.weights = {c: [limit.weight(c.draw.counted) for limit in self.limits] for c in chargers}
        # Those that may get another claim, with what they were given; the doubtful may only be lowered.
        answering = [c for c in chargers if c.standing is not Standing.SILENT]
        self.doubtful = [c for c in answering if c.is_doubtful]
        self.steady = [c for c in answering if not c.is_doubtful]
        self.old_a = {c: c.given_a for c in self.steady}
        self.demands = {c: c.demand() for c in self.steady}
        if not group.observer:
            for c in chargers:
                reserve(t, c, self.old_a.get(c), self.limits)

    @property
    def rooms(self) -> list[float]:
        """Return how many amperes each limit leaves to the minimums."""
        return [limit.room_a for limit in self.limits]

    def full(self, chargers: Iterable[TrackedCharger], rooms: Sequence[float]) -> Limit | None:
        """Return the first limit with a room that the minimums of these chargers do not fit; None if they fit."""
        return too_much([self.demands[c] for c in chargers], self.limits, rooms)

    def fits(self, c: TrackedCharger, amps: float, rooms: Sequence[float]) -> bool:
        """Return whether a charger may be given so much of the rooms."""
        return all(w * amps <= room + EPSILON_A for w, room in zip(self.weights[c], rooms, strict=True) if w)

    def may_rise(self, c: TrackedCharger) -> bool:
        """Return whether there is a new reading; without a meter none is waited for, and one with two masters stays."""
        return not c.two_masters and (self._is_new or any(self.phases[n].blind for n in c.draw.wiring))
