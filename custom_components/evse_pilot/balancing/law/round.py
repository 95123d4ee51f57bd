"""One decision: from what is known now to how much each charger is given, in which order, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...control.claim import Reason
from .admission import admit, keep
from .allocate import EPSILON_A, Limit
from .charger import TrackedCharger
from .mains import Phase
from .model import Decision, Group, Share, Strategy, Write
from .peak import HouseMeans, PeakWindow
from .phase_room import phase_rooms
from .reasons import among, explain
from .sharing import find_targets, lift, lower
from .situation import Situation
from .standing import Standing
from .turns import rank


class Round:
    """What each charger is given in one decision, from what it may keep to the result."""

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
        """Start with what each charger was given, as far as it may have any of it."""
        self._now = Situation(t, group, phases, metered, chargers, is_new, peak, means)
        self._ranked = sorted(
            (c for c in self._now.steady if c.standing in (Standing.AWAKE, Standing.IDLE)),
            key=lambda c: rank(group, c),
        )
        self._new = {c: _allowed_a(c) for c in self._now.steady}
        self._lowered: dict[TrackedCharger, float] = {}

    def decide(self) -> Decision:
        """Weigh it, and remember what was given and asked."""
        now = self._now
        if now.group.strategy is Strategy.OFF:
            for c in now.chargers:
                c.given_a = c.offer_a
            return self._decision((), {c: Share(amps=c.offer_a, reason=Reason.OFF) for c in now.chargers})
        for c in now.doubtful:
            self._lowered[c] = self._lowered_a(c)
        self._take_stock()
        forced = [limit for limit in now.limits if self._is_too_much(limit)]
        on = self._admit(may_come=not forced)
        rooms = [
            limit.careful_a if forced else min(limit.careful_a, max(limit.calm_a, limit.used_a))
            for limit in now.limits
        ]
        targets = find_targets(now, self._new, on, rooms, forced=bool(forced))
        self._new |= lower(now, self._new, targets, forced)
        if not forced:
            self._new |= lift(now, self._new, targets, rooms)
        self._take_stock()
        rooms_of_phases = phase_rooms(now, self._new, self._on)
        writes = self._writes()
        return replace(self._decision(writes, self._shares()), phase_rooms=rooms_of_phases)

    def _lowered_a(self, c: TrackedCharger) -> float:
        """Return to how much a charger is lowered whose command is sent again: what there is room for."""
        if c.is_held:
            return c.minimum_a
        worst_a = c.worst_a(self._now.t)
        rooms = [
            limit.careful_a / weight + worst_a
            for limit, weight in zip(self._now.limits, self._now.weights[c], strict=True)
            if weight
        ]
        amps = c.down_a(min(_allowed_a(c), *rooms))
        return amps if amps >= c.minimum_a else 0.0

    def _take_stock(self) -> None:
        for n, limit in enumerate(self._now.limits):
            limit.used_a = sum(self._now.weights[c][n] * amps for c, amps in self._new.items())

    def _is_too_much(self, limit: Limit) -> bool:
        """Return whether one must be lowered: below the careful limit only one that has more than its minimum."""
        over_a = limit.used_a - limit.slack_a - EPSILON_A
        if over_a <= limit.careful_a:
            return False
        return over_a > limit.room_a or any(
            amps > c.minimum_a + EPSILON_A and limit.weight(c.spec.id, c.counted)
            for c, amps in self._new.items()
        )

    def _admit(self, *, may_come: bool) -> list[TrackedCharger]:
        """Pause those that have to be, and return those that are on or are to be switched on."""
        on = self._on
        stay = keep(self._now, on)
        coming: list[TrackedCharger] = []
        if may_come:
            waiting = [c for c in self._ranked if self._now.old_a[c] == 0 == self._new[c]]
            stay, coming = admit(self._now, stay, waiting)
        self._new |= {c: 0.0 for c in on if c not in stay}
        return stay + coming

    @property
    def _on(self) -> list[TrackedCharger]:
        """Return those that charge, or would, and are not paused, in order."""
        return [c for c in self._ranked if self._new[c] > 0]

    # The result

    def _decision(self, writes: tuple[Write, ...], shares: Mapping[TrackedCharger, Share]) -> Decision:
        known = [phase if not phase.blind else None for phase in self._now.phases]
        return Decision(
            shares={c.spec.id: share for c, share in shares.items()},
            writes=writes,
            house_a=tuple(None if phase is None else phase.house_a for phase in known),
            room_a=tuple(None if phase is None else phase.limits_a()[0] - phase.house_a for phase in known),
            given_a=tuple(
                sum(share.amps for c, share in shares.items() if n in c.counted) for n in range(len(known))
            ),
            two_masters=frozenset(c.spec.id for c in self._now.chargers if c.two_masters),
        )

    def _writes(self) -> tuple[Write, ...]:
        """Return what is to be set, what falls first; and remember it."""
        t = self._now.t
        writes: list[Write] = []
        for c, amps in sorted((self._new | self._lowered).items(), key=lambda item: item[0].spec.id):
            c.switch(t, amps, self._now.group.minimum_off_s)
            if self._now.group.observer:
                continue
            if amps == c.claimed_a:
                continue
            writes.append(Write(id=c.spec.id, amps=amps, rises=amps > c.offer_a))
            # A claim before the meter was first read only holds; it must not delay the right one.
            c.claim(t, amps, paced=any(phase.known for phase in self._now.phases))
        writes.sort(key=lambda write: write.rises)
        return tuple(writes)

    def _shares(self) -> dict[TrackedCharger, Share]:
        """Return what each charger is given, and why no more; its times count from the writes of this decision."""
        now, on = self._now, self._on
        needed, shared_by = now.needed(on), among(now, self._new)
        return {
            c: explain(now, self._new, on, needed, shared_by, c)
            if c in self._new
            else Share(amps=self._lowered.get(c, c.worst_a(now.t)), reason=c.reason)
            for c in now.chargers
        }


def _allowed_a(c: TrackedCharger) -> float:
    """Return what it is given, as far as it may have any of it."""
    if c.standing is Standing.BARRED or c.given_a < c.least_a:
        return 0.0
    return min(c.given_a, c.ceiling_a if c.spared_a is None else c.spared_a)
