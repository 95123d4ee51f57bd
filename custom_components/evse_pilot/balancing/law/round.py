"""One decision: from what is known now to how much each charger is given, in which order, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
import math

from ...control.claim import Reason
from .allocate import EPSILON_A, Limit, share, too_much
from .budget import USEFUL_A
from .charger import Standing, TrackedCharger
from .mains import FOLLOWS_S, Phase
from .model import Decision, Group, Share, Strategy, Write

# A charger that was switched off is switched on again with a little to spare.
_SPARE_A = 0.5
# A car that took nothing last time waits so many times longer for its turn.
_TIRED = 4
# Two readings are the least that can be called calm.
_CALM_READINGS = 2

_HOUSE = (Reason.MAIN_FUSE, Reason.SUM_CEILING, Reason.TEMPORARY_CEILING)


class Round:
    """What is weighed for one decision."""

    def __init__(
        self,
        t: float,
        group: Group,
        phases: Sequence[Phase],
        chargers: Sequence[TrackedCharger],
        is_new: bool,
    ) -> None:
        """Look at the house, and at what each charger may draw already."""
        self._t = t
        self._group = group
        self._phases = phases
        self._is_new = is_new
        self._limits = self._find_limits()
        self._weights = {c: [limit.weight(c.draw.counted) for limit in self._limits] for c in chargers}
        self._chargers = chargers
        # Those that may get another claim, with what they are given, before and after; the doubtful may only be lowered.
        answering = [c for c in chargers if c.standing is not Standing.SILENT]
        self._doubtful = [c for c in answering if c.is_doubtful]
        self._steady = [c for c in answering if c not in self._doubtful]
        self._old = {c: c.given_a for c in self._steady}
        self._demands = {c: c.demand() for c in self._steady}
        self._ranked = sorted(
            (c for c in self._steady if c.standing in (Standing.AWAKE, Standing.IDLE)), key=self._rank
        )
        self._new = {c: self._allowed_a(c) for c in self._steady}
        self._lowered: dict[TrackedCharger, float] = {}
        # What still leaves, of each limit: none may rise into it.
        self._leaving = [0.0] * len(self._limits)
        if not group.observer:
            for c in chargers:
                self._reserve(c)

    def _allowed_a(self, c: TrackedCharger) -> float:
        """Return what it is given, as far as it may have any of it."""
        if c.standing is Standing.BARRED or c.given_a < c.minimum_a:
            return 0.0
        return min(c.given_a, c.ceiling_a)

    def _find_limits(self) -> list[Limit]:
        """Return all that bounds a sum of currents; the smallest wins."""
        group, everywhere = self._group, tuple(range(len(self._phases)))
        limits = [
            self._limit((n,), *phase.limits_a(), Reason.MAIN_FUSE) for n, phase in enumerate(self._phases)
        ]
        if group.sum_a is not None:
            limits.append(self._limit(everywhere, group.sum_a, group.sum_a, Reason.SUM_CEILING))
        if (ceiling := group.temporary) is not None:
            reason, cars_only = Reason.TEMPORARY_CEILING, ceiling.cars_only
            if ceiling.phase_a is not None:
                limits += [
                    self._limit((n,), ceiling.phase_a, ceiling.phase_a, reason, cars_only=cars_only)
                    for n in everywhere
                ]
            if ceiling.sum_a is not None:
                limits.append(
                    self._limit(everywhere, ceiling.sum_a, ceiling.sum_a, reason, cars_only=cars_only)
                )
        return limits

    def _limit(
        self,
        phases: tuple[int, ...],
        limit_a: float,
        careful_a: float,
        reason: Reason,
        *,
        cars_only: bool = False,
    ) -> Limit:
        """Return the room below a limit.

        A phase that is not known counts nothing: a charger on it has the safe current, which its owner chose for
        whatever the house may draw.
        """
        known = [self._phases[n] for n in phases if not self._phases[n].blind]
        calm = all(phase.readings >= _CALM_READINGS for phase in known)
        house_a = 0.0 if cars_only else sum(phase.house_a for phase in known)
        worst_a = 0.0 if cars_only else sum(phase.worst_a for phase in known)
        return Limit(
            phases=phases,
            room_a=limit_a - house_a,
            careful_a=careful_a - house_a,
            safe_a=limit_a - worst_a if calm else -math.inf,
            calm_a=careful_a - worst_a if calm else -math.inf,
            reason=reason,
        )

    def _reserve(self, c: TrackedCharger) -> None:
        """Take from the room what a charger draws that cannot be commanded, and note what still leaves.

        None may rise into what another master of it may give it at any moment.
        """
        # One that is commanded has no more than it is given.
        held_a = self._old[c] if c in self._old else c.worst_a(self._t)
        beyond_a = 0.0 if c in self._old else held_a
        back_a = max(0.0, c.others_a - held_a)
        leaves = self._t < c.moved_s + FOLLOWS_S
        if not beyond_a and not back_a and not leaves:
            return
        for n, (limit, weight) in enumerate(zip(self._limits, self._weights[c], strict=True)):
            limit.room_a -= weight * beyond_a
            limit.careful_a -= weight * beyond_a
            limit.safe_a -= weight * (beyond_a + back_a)
            limit.calm_a -= weight * (beyond_a + back_a)
            for phase in limit.phases if leaves else ():
                if phase in c.draw.counted:
                    self._leaving[n] += max(0.0, c.leaving_a(self._t, phase) - held_a)

    # The decision

    def decide(self) -> Decision:
        """Weigh it, and remember what was given and asked."""
        if self._group.strategy is Strategy.OFF:
            for c in self._chargers:
                c.given_a = c.offer_a
            return self._decision((), {c: Share(amps=c.offer_a, reason=Reason.OFF) for c in self._chargers})
        for c in self._doubtful:
            self._lower_doubtful(c)
        self._take_stock()
        forced = [limit for limit in self._limits if self._is_too_much(limit)]
        on = [c for c in self._ranked if self._new[c] > 0]
        on = self._drop(on)
        coming = self._admit(on) if not forced else []
        on = [c for c in on if self._new[c] > 0]
        rooms = [
            limit.careful_a if forced else min(limit.careful_a, max(limit.calm_a, limit.used_a))
            for limit in self._limits
        ]
        targets = self._targets(on + coming, rooms, forced=bool(forced))
        self._lower(targets, forced)
        if not forced:
            self._raise(targets, rooms)
        self._take_stock()
        return self._decision(self._writes(), {c: self._share(c) for c in self._chargers})

    def _lower_doubtful(self, c: TrackedCharger) -> None:
        """Lower the claim of a charger whose command is sent again to what there is room for."""
        worst_a = c.worst_a(self._t)
        rooms = [
            limit.careful_a / weight + worst_a
            for limit, weight in zip(self._limits, self._weights[c], strict=True)
            if weight
        ]
        amps = c.down_a(min(self._allowed_a(c), *rooms))
        self._lowered[c] = amps if amps >= c.minimum_a else 0.0

    def _take_stock(self) -> None:
        for n, limit in enumerate(self._limits):
            limit.used_a = sum(self._weights[c][n] * amps for c, amps in self._new.items())

    def _is_too_much(self, limit: Limit) -> bool:
        """Return whether one must be lowered: below the careful limit only one that has more than its minimum."""
        if limit.used_a <= limit.careful_a + EPSILON_A:
            return False
        return limit.used_a > limit.room_a + EPSILON_A or any(
            amps > c.minimum_a + EPSILON_A and limit.weight(c.draw.counted) for c, amps in self._new.items()
        )

    def _rank(self, c: TrackedCharger) -> tuple[bool, float, float, str]:
        """Return what sorts the first before the last; one that takes nothing is behind all that do."""
        came_s = c.plugged_s if self._group.strategy is Strategy.FIRST_COME else 0.0
        return c.standing is Standing.IDLE, came_s, c.spec.priority, c.spec.id

    def _rank_to_stay(self, c: TrackedCharger) -> tuple[bool, float, float, float, str]:
        """Return what sorts the last to be paused first: among equals, the one that has had least."""
        idle, came_s, priority, name = self._rank(c)
        return idle, came_s, priority, c.charge_as, name

    def _drop(self, on: list[TrackedCharger]) -> list[TrackedCharger]:
        """Pause the last in order, one by one, until the minimums of the others fit."""
        rooms = [limit.room_a for limit in self._limits]
        while full := too_much([self._demands[c] for c in on], self._limits, rooms):
            last = max((c for c in on if full.weight(c.draw.counted)), key=self._rank_to_stay)
            self._new[last] = 0.0
            on = [c for c in on if c is not last]
        return on

    def _admit(self, on: list[TrackedCharger]) -> list[TrackedCharger]:
        """Return those that may be switched on; make room by turns for those that have waited."""
        rooms = [limit.safe_a - _SPARE_A for limit in self._limits]
        coming: list[TrackedCharger] = []
        waiting = [c for c in self._ranked if self._old[c] == 0 == self._new[c]]
        if self._group.strategy is not Strategy.FIRST_COME:
            by_priority = self._group.strategy is Strategy.PRIORITY
            waiting.sort(
                key=lambda c: (
                    c.standing is Standing.IDLE,
                    c.spec.priority if by_priority else 0,
                    c.switched_s,
                    c.spec.priority,
                    c.spec.id,
                )
            )
        for c in waiting:
            if self._t < c.switched_s + self._group.minimum_off_s or not self._may_rise(c):
                continue
            stay = [other for other in on if self._new[other] > 0]
            if too_much([self._demands[o] for o in (*stay, *coming, c)], self._limits, rooms) is None:
                coming.append(c)
            elif (leaving := self._make_room(c, stay, coming)) is not None:
                for other in leaving:
                    self._new[other] = 0.0
                coming.append(c)
        return coming

    def _make_room(
        self, c: TrackedCharger, on: Sequence[TrackedCharger], coming: Sequence[TrackedCharger]
    ) -> list[TrackedCharger] | None:
        """Return those that make way for one that waits; None if it has no right to that, or needs calm and no room."""
        stay, leaving = list(on), []
        rooms = [limit.room_a for limit in self._limits]
        while full := too_much([self._demands[o] for o in (*stay, *coming, c)], self._limits, rooms):
            ready = [o for o in stay if full.weight(o.draw.counted) and self._turn_left_s(o, c) <= 0]
            if not ready:
                return None
            # The one that has had its turn for longest, after those that take nothing.
            last = max(ready, key=lambda o: (o.standing is Standing.IDLE, -o.switched_s, o.spec.id))
            stay.remove(last)
            leaving.append(last)
            rooms = [limit.safe_a - _SPARE_A for limit in self._limits]
        return leaving or None

    def _turn_left_s(self, o: TrackedCharger, c: TrackedCharger) -> float:
        """Return how long one charger may stay on while another waits; without end if it need not make way."""
        group, t = self._group, self._t
        if o.two_masters:
            return math.inf
        rests_s = max(c.switched_s + group.minimum_off_s, o.switched_s + group.minimum_on_s) - t
        if t < o.waking_s:
            rests_s = max(rests_s, o.waking_s - t)
        if o.standing is Standing.IDLE and c.standing is not Standing.IDLE:
            return rests_s
        if group.strategy is Strategy.FIRST_COME:
            return rests_s if self._rank(c) < self._rank(o) and c.standing is o.standing else math.inf
        if group.strategy is Strategy.PRIORITY and c.spec.priority != o.spec.priority:
            return rests_s if self._rank(c) < self._rank(o) else math.inf
        waits_s = group.rotation_s * (_TIRED if c.standing is Standing.IDLE else 1)
        return max(rests_s, o.switched_s + group.rotation_s - t, c.switched_s + waits_s - t)

    def _targets(
        self, on: Sequence[TrackedCharger], rooms: Sequence[float], *, forced: bool
    ) -> dict[TrackedCharger, float]:
        """Return what each should have, in its own steps; what is left goes to the empty ones, up to their minimum."""
        demands = [self._demands[c] for c in on]
        if forced:
            # To lower a car that may not draw yet would be no help.
            spared = [
                replace(demand, minimum_a=self._new[c]) if self._t < c.waking_s else demand
                for c, demand in zip(on, demands, strict=True)
            ]
            hard = [limit.room_a for limit in self._limits]
            demands = demands if too_much(spared, self._limits, hard) else spared
        in_order = self._group.strategy is not Strategy.EQUAL
        amps = share(demands, self._limits, rooms, in_order=in_order) if demands else []
        targets = {c: c.down_a(c.obeyed_a(a, self._group.margin_a)) for c, a in zip(on, amps, strict=True)}
        left = [
            room - sum(self._weights[c][n] * a for c, a in targets.items()) for n, room in enumerate(rooms)
        ]
        for c in sorted((c for c in self._steady if c.standing is Standing.RESTING), key=self._rank):
            keep_a = self._new[c] or (c.minimum_a if c.has_no_car else 0.0)
            targets[c] = next((a for a in (keep_a, min(keep_a, c.minimum_a)) if self._fits(c, a, left)), 0.0)
            for n, weight in enumerate(self._weights[c]):
                left[n] -= weight * targets[c]
        return targets

    def _fits(self, c: TrackedCharger, amps: float, left: Sequence[float]) -> bool:
        return all(w * amps <= room + EPSILON_A for w, room in zip(self._weights[c], left, strict=True) if w)

    def _lower(self, targets: dict[TrackedCharger, float], forced: Sequence[Limit]) -> None:
        """Lower at once those that a limit forces; others only if one can rise for it."""
        needed = not forced and any(self._gain_a(c, target) > 0 for c, target in targets.items())
        for c, target in targets.items():
            if target >= self._new[c] - EPSILON_A:
                continue
            if any(limit.weight(c.draw.counted) for limit in forced) or (
                needed
                and not c.two_masters
                and target <= self._new[c] - USEFUL_A
                and not c.budget.is_too_soon(self._t)
            ):
                self._new[c] = target

    def _gain_a(self, c: TrackedCharger, target: float) -> float:
        """Return by how much it would rise; 0 if that is not worth a write, or not yet."""
        useful_a = c.budget.useful_a(self._t)
        gain_a = target - self._new[c]
        if useful_a is None or not self._may_rise(c):
            return 0.0
        return gain_a if gain_a >= useful_a - EPSILON_A or (self._new[c] == 0 < gain_a) else 0.0

    def _may_rise(self, c: TrackedCharger) -> bool:
        """Return whether there is a new reading; without a meter none is waited for, and one with two masters stays."""
        return not c.two_masters and (self._is_new or any(self._phases[n].blind for n in c.draw.wiring))

    def _raise(self, targets: dict[TrackedCharger, float], rooms: Sequence[float]) -> None:
        """Raise as far as no other draws there any more; the minimum of one that is switched on may take more room."""
        taken = [
            self._leaving[n]
            + sum(self._weights[c][n] * max(amps, self._new[c]) for c, amps in self._old.items())
            for n in range(len(self._limits))
        ]
        for c in sorted(targets, key=lambda c: (c.standing is Standing.RESTING, *self._rank(c))):
            if not (gain_a := self._gain_a(c, targets[c])):
                continue
            weights = self._weights[c]
            gain_a = min(gain_a, *((rooms[n] - taken[n]) / w for n, w in enumerate(weights) if w))
            amps = c.down_a(c.obeyed_a(self._new[c] + gain_a, self._group.margin_a))
            if self._new[c] == 0:
                left = [
                    min(limit.room_a, max(limit.safe_a, limit.used_a)) - taken[n]
                    for n, limit in enumerate(self._limits)
                ]
                if not self._fits(c, c.minimum_a, left):
                    continue
                amps = max(amps, c.minimum_a)
            elif not self._gain_a(c, amps):
                continue
            for n, weight in enumerate(weights):
                taken[n] += weight * (amps - self._new[c])
            self._new[c] = amps

    # The result

    def _decision(self, writes: tuple[Write, ...], shares: Mapping[TrackedCharger, Share]) -> Decision:
        known = [phase if not phase.blind else None for phase in self._phases]
        return Decision(
            shares={c.spec.id: share for c, share in shares.items()},
            writes=writes,
            house_a=tuple(None if phase is None else phase.house_a for phase in known),
            room_a=tuple(None if phase is None else phase.limits_a()[0] - phase.house_a for phase in known),
            given_a=tuple(
                sum(share.amps for c, share in shares.items() if n in c.draw.counted)
                for n in range(len(known))
            ),
            limiting=any(share.reason in _HOUSE for share in shares.values()),
            meter_silent=None in known,
            two_masters=frozenset(c.spec.id for c in self._chargers if c.two_masters),
        )

    def _writes(self) -> tuple[Write, ...]:
        """Return what is to be set, what falls first; and remember it."""
        t = self._t
        writes: list[Write] = []
        for c, amps in sorted((self._new | self._lowered).items(), key=lambda item: item[0].spec.id):
            c.switch(t, amps)
            if self._group.observer:
                continue
            if amps == c.claimed_a:
                continue
            writes.append(Write(id=c.spec.id, amps=amps, rises=amps > c.offer_a))
            # A claim before the meter was first read only holds; it must not delay the right one.
            c.claim(t, amps, paced=any(phase.known for phase in self._phases))
        writes.sort(key=lambda write: write.rises)
        return tuple(writes)

    def _share(self, c: TrackedCharger) -> Share:
        """Return what a charger is given, and why no more."""
        if c not in self._old:
            return Share(amps=self._lowered.get(c, c.worst_a(self._t)), reason=c.reason)
        amps = self._new[c]
        if c.standing is not Standing.AWAKE or amps >= c.ceiling_a - EPSILON_A:
            return Share(amps=amps, reason=c.reason)
        if c.two_masters:
            return Share(amps=amps, reason=Reason.TWO_MASTERS)
        if amps == 0:
            return self._share_of_the_waiting(c)
        if amps > self._demands[c].wanted_a - c.spec.step_a:
            return Share(amps=amps, reason=Reason.CAR_TAKES_LESS)
        slack, n = min(
            ((limit.careful_a - limit.used_a) / self._wanting(c, n), n)
            for n, limit in enumerate(self._limits)
            if self._weights[c][n]
        )
        if slack >= max(USEFUL_A, c.spec.step_a):
            return Share(amps=amps, reason=Reason.WAITING_FOR_CALM)
        return Share(amps=amps, reason=self._limits[n].reason, phase=self._limits[n].phase)

    def _wanting(self, c: TrackedCharger, n: int) -> int:
        """Return among how many conductors what is left of a limit is shared, those of this charger among them."""
        if self._group.strategy is not Strategy.EQUAL:
            return self._weights[c][n]
        return sum(
            self._weights[o][n]
            for o in self._old
            if o is c
            or (
                o.standing is Standing.AWAKE
                and 0 < self._new[o] <= self._demands[o].wanted_a - o.spec.step_a
                and self._new[o] < o.ceiling_a - EPSILON_A
            )
        )

    def _share_of_the_waiting(self, c: TrackedCharger) -> Share:
        """Return why a car that would charge is paused, and for how long if that is known."""
        on = [o for o in self._ranked if self._new[o] > 0]
        full = too_much(
            [self._demands[o] for o in (*on, c)], self._limits, [limit.room_a for limit in self._limits]
        )
        off_s = c.switched_s + self._group.minimum_off_s - self._t
        if full is None:
            if off_s > 0:
                return Share(amps=0.0, reason=Reason.MINIMUM_OFF_TIME, seconds=off_s)
            return Share(amps=0.0, reason=Reason.WAITING_FOR_CALM)
        turn_s = min((self._turn_left_s(o, c) for o in on if full.weight(o.draw.counted)), default=math.inf)
        if turn_s < math.inf:
            return Share(amps=0.0, reason=Reason.ROTATION, seconds=max(0.0, turn_s))
        return Share(amps=0.0, reason=full.reason, phase=full.phase)
