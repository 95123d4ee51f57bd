"""What the law remembers of one charger, and what it makes of its readings."""

from enum import Enum, auto
import math

from ...chargers.types import Load, Status
from ...control.claim import Reason
from .allocate import EPSILON_A, Demand
from .mains import FOLLOWS_S, sane
from .model import Member
from .other_hand import OtherHand
from .pace import Pace

# What a charger says may be so much newer than what the meter says.
METER_LAGS_S = 2.0
# A command that was not confirmed by then may not have arrived; it is repeated after 5 s, 10 s, 20 s and so on.
CONFIRMED_S = 3.0
_REPEAT_S, _REPEAT_AT_MOST_S = 5.0, 300.0
# So long a waking car may take to draw: most restart within a minute, some need two.
CHANCE_S = 120.0
# A car needs 5 s from one offer to the next (IEC 61851-1).
PAUSE_S = 5.0
# A change below it is not worth a write, and what is below it on a phase is no charging.
USEFUL_A = 0.5
DRAWS_A = 1.0
# A car that draws so much less than it may, for so long, is left a little more than it draws.
_LESS_A, _SETTLED_S, _REACH_A = 1.5, 30.0, 3.0
# A phase without current, while others have it, is not in use.
_UNUSED_A, _UNUSED_S = 0.5, 60.0
_QUIET_S = 60.0
# A car may draw a little more than it is offered.
_EXCESS, _MOST_EXCESS = 1.05, 1.1
# Writes: enough at first to follow a lively house, then five an hour; what must be lowered is lowered all the same.
_WRITES, _WRITE_EVERY_S = 70.0, 720.0

_EMPTY = {
    Status.DISCONNECTED: Reason.NOT_PLUGGED_IN,
    Status.AWAITING_AUTHORIZATION: Reason.AWAITING_AUTHORIZATION,
}
_RESTING = _EMPTY | {
    Status.SCHEDULED: Reason.SCHEDULED,
    Status.WAITING_FOR_SOLAR: Reason.WAITING_FOR_SOLAR,
    Status.FAULT: Reason.FAULT,
    Status.UPDATING: Reason.FAULT,
}
_HELD = (Status.PAUSED, Status.WAITING_FOR_POWER)
# The charger itself may change its limit then.
_UNSETTLED = (*_EMPTY, Status.FAULT, Status.UPDATING)


class Standing(Enum):
    """What a charger may ask for."""

    # Its share
    AWAKE = auto()
    # Its minimum, if there is enough for all: the car takes nothing, or its owner has paused it
    IDLE = auto()
    # What nobody else wants: no car, no permission, a fault
    RESTING = auto()
    # Nothing
    BARRED = auto()
    # Nothing, and it is told nothing: somebody has switched it off at the box
    AWAY = auto()
    # Nothing new: it does not answer
    SILENT = auto()


class TrackedCharger:
    """One charger of the group: what it said, what it was told, and since when."""

    def __init__(self, spec: Member, phases: int, given_a: float | None) -> None:
        """Expect the worst of a charger that was not heard yet: all that it was last given, or can give."""
        self.spec = spec
        self.wiring = tuple(phase - 1 for phase in spec.phases)
        self.counted = self.wiring
        self.pace = Pace()
        self.given_a = self.asked_a = self.offer_a = spec.maximum_a if given_a is None else given_a
        self.asked_s = self.paced_s = self.switched_s = self.plugged_s = -math.inf
        self.confirmed = True
        self.allowed = True
        self.waking_s = self._drew_s = -math.inf
        self._tired = False
        self.charge_as = 0.0
        self.fresh: set[int] = set()
        self.standing, self.reason = Standing.SILENT, Reason.MEMBER_SILENT
        self.ceiling_a, self.minimum_a = spec.maximum_a, spec.minimum_a
        self._minimum_a, self._maximum_a = spec.minimum_a, spec.maximum_a
        self._status: Status | None = None
        self.heard = False
        self._drawn_a: list[float] = [0.0] * phases
        self._before_a: list[float] = [0.0] * phases
        self._unused_s: dict[int, float] = {}
        self._freed: set[int] = set()
        self._arrived_s = math.inf
        self._less_s: float | None = None
        self._excess: float | None = None
        self._reach_a: float | None = None
        self._persons_a: float | None = None
        self._charger_a: float | None = None
        self._owner_paused = False
        self._writes, self._writes_s = _WRITES, -math.inf
        self._repeat_s = _REPEAT_S
        self._followed = True
        self._other_hand = OtherHand()
        self.others_a = 0.0

    # What it says

    def read(self, t: float, load: Load, *, allowed: bool, persons_a: float | None, steered: bool) -> None:
        """Take a reading; what makes no sense in it counts as not said."""
        gone_s = t - self.pace.last_s
        self.pace.heard(t)
        self.fresh.update(self.wiring)
        self.allowed, self._persons_a = allowed, persons_a
        self._minimum_a = max(self.spec.minimum_a, sane(load.minimum_a) or 0.0)
        maximum_a = sane(load.maximum_a)
        self._maximum_a = self.spec.maximum_a if maximum_a is None else min(self.spec.maximum_a, maximum_a)
        limit_a = sane(load.limit_a)
        if not steered:
            self._other_hand = OtherHand()
            if limit_a is not None:
                self.offer_a = self.asked_a = limit_a
                self.confirmed = True
        if gone_s > self.pace.silent_after_s or self._status in _UNSETTLED or load.status in _UNSETTLED:
            self._other_hand.excuse(t)
        if limit_a is not None:
            self._followed = self._followed or abs(limit_a - self.asked_a) <= USEFUL_A
            if t >= self.asked_s + FOLLOWS_S:
                self._take_limit(t, limit_a)
        before, self._status = self._status, load.status
        self._take_status(t, before)
        self._take_currents(t, load)
        if gone_s < self.pace.silent_after_s:
            self.charge_as += gone_s * sum(self._drawn_a)
        self.heard = True

    def _take_limit(self, t: float, limit_a: float) -> None:
        """Compare the limit it was found with to the one it was told; another hand may have been there."""
        # A charger that is slow to follow still shows what it had before.
        if self.heard and self.confirmed and self._followed and abs(limit_a - self.offer_a) > USEFUL_A:
            self._other_hand.changed(t, self.offer_a, limit_a)
        if not self.heard or self._other_hand.steers(t):
            self.offer_a = self.asked_a = limit_a
            self.given_a = limit_a if limit_a >= self._minimum_a else 0.0
            self.confirmed = self._followed = True
            self._charger_a, self._owner_paused = None, False
            return
        if self._owner_paused and self.offer_a == 0 < limit_a:
            # Switched on again as it was switched off, at the box.
            self.asked_a = limit_a
            self.given_a = limit_a if limit_a >= self._minimum_a else 0.0
        told_a = self.asked_a
        self.offer_a = limit_a
        self.confirmed = limit_a < told_a + USEFUL_A
        if limit_a > told_a + USEFUL_A:
            # It restarted, or somebody raised it: his earlier limit is no more.
            self._charger_a, self._owner_paused = None, False
        elif limit_a > 0:
            self._owner_paused = False
            if limit_a < told_a - USEFUL_A:
                self._charger_a = limit_a
        elif told_a > 0:
            self._owner_paused = True

    def _take_status(self, t: float, before: Status | None) -> None:
        status = self._status
        if status in _EMPTY:
            self.counted = self.wiring
            self._freed.clear()
            self._tired = False
            self._reach_a = self._less_s = self._charger_a = self._excess = None
            self._owner_paused = False
            self.charge_as = 0.0
        elif not self.heard or before in _EMPTY:
            # The car that has just come was not switched off by anybody.
            self.plugged_s = self._drew_s = t
            self.waking_s = t + CHANCE_S
            if self.heard:
                self.switched_s = -math.inf
        if status in _HELD:
            if self.asked_a > 0 and t >= self.waking_s and t >= self.asked_s + FOLLOWS_S:
                self._owner_paused = True
        elif self.offer_a > 0:
            self._owner_paused = False

    def _take_currents(self, t: float, load: Load) -> None:
        drawn = self._drawn(load)
        if drawn is None:
            # A charger without a meter: while it charges, the car takes what it may.
            amps = self.offer_a if self._status is Status.CHARGING else 0.0
            self._drawn_a = [amps if phase in self.wiring else 0.0 for phase in range(len(self._drawn_a))]
            self.counted = self.wiring
            if amps:
                self._drew_s, self.waking_s = t, -math.inf
            return
        self._drawn_a = drawn
        most_a = max(drawn)
        if most_a < self.asked_a + USEFUL_A and self._arrived_s == math.inf:
            self._arrived_s = t
        for phase in self.wiring:
            if drawn[phase] >= DRAWS_A:
                self._unused_s.pop(phase, None)
                self._freed.discard(phase)
            elif most_a < _REACH_A:
                self._unused_s.pop(phase, None)
            elif t - self._unused_s.setdefault(phase, t) >= _UNUSED_S:
                self._freed.add(phase)
        uses = {self.wiring[n - 1] for n in load.phases if 1 <= n <= len(self.wiring)} or set(self.wiring)
        self.counted = tuple(
            phase
            for phase in self.wiring
            if drawn[phase] >= DRAWS_A or (phase in uses and phase not in self._freed)
        )
        if most_a >= DRAWS_A:
            self._drew_s, self.waking_s = t, -math.inf
        if not self.empty and t >= max(self.waking_s, self.asked_s + FOLLOWS_S):
            self._learn_reach(t, most_a)
            if DRAWS_A <= self.offer_a - _LESS_A < most_a and self.offer_a < self.ceiling_a - USEFUL_A:
                self._excess = min(_MOST_EXCESS, max(self._excess or 1.0, most_a / self.offer_a))

    def _learn_reach(self, t: float, most_a: float) -> None:
        """Notice a car that takes less than it may, and one that comes near to what it may."""
        if most_a >= self.offer_a - _LESS_A:
            self._less_s = self._reach_a = None
            return
        if self._less_s is None:
            self._less_s = t
        reach_a = most_a + _REACH_A
        settled = t - self._less_s >= _SETTLED_S
        if settled and (self._reach_a is None or abs(reach_a - self._reach_a) > DRAWS_A):
            self._reach_a = reach_a

    def _drawn(self, load: Load) -> list[float] | None:
        """Return the amperes it draws from each phase of the mains; None if it does not say so of all."""
        if load.drawn_a is None or len(load.drawn_a) < len(self.wiring):
            return None
        drawn = [0.0] * len(self._drawn_a)
        for phase, amps in zip(self.wiring, load.drawn_a, strict=False):
            if (amps_or_none := sane(amps)) is None:
                return None
            drawn[phase] = max(0.0, amps_or_none)
        return drawn

    # What it is told

    def ask(self, t: float, amps: float, *, paced: bool) -> None:
        """Remember a limit that is being set; until it is confirmed the higher of two holds."""
        offer_a = self.worst_a(t)
        again = amps == self.asked_a and not self.confirmed
        self._repeat_s = min(2 * self._repeat_s, _REPEAT_AT_MOST_S) if again else _REPEAT_S
        self._before_a = [
            max(drawn_a, offer_a if phase in self.counted else 0.0)
            for phase, drawn_a in enumerate(self._drawn_a)
        ]
        self.asked_a, self.asked_s = amps, t
        self._arrived_s = math.inf
        self._writes = max(0.0, self._writes - 1)
        if paced:
            self.paced_s = t
        self.confirmed = self._followed = False

    def confirm(self, amps: float) -> None:
        """Take note that the charger took a limit."""
        if amps == self.asked_a:
            self.offer_a = amps
            self.confirmed = True

    def switch(self, t: float, amps: float) -> None:
        """Give it so much; a car that is switched on again gets its time to wake.

        What a person has switched off was not switched off by us, and may be switched on at any time.
        """
        if (amps > 0) != (self.given_a > 0):
            by_hand = self.reason in (Reason.PAUSED_BY_OWNER, Reason.PERSONS_LIMIT)
            self.switched_s = -math.inf if by_hand and not amps else t
            if amps > 0:
                self.waking_s = t + CHANCE_S
        self.given_a = amps

    # What it may be counted with

    def worst_a(self, t: float) -> float:
        """Return the most that it may be offering the car."""
        if self.standing is Standing.AWAY:
            return 0.0
        if self.standing is Standing.SILENT:
            return max(self.given_a, self.asked_a, self.offer_a, self.others_a, *self._drawn_a)
        return max(self.asked_a, self.offer_a) if self.deaf(t) else self.asked_a

    def deaf(self, t: float) -> bool:
        """Return whether its last command may not have arrived, or was undone."""
        return not self.confirmed and t >= self.asked_s + CONFIRMED_S

    def must_repeat(self, t: float) -> bool:
        """Return whether it is time to tell it once more."""
        return not self.confirmed and t >= self.asked_s + self._repeat_s

    def leaving_a(self, t: float, phase: int) -> float:
        """Return what its car may still draw there of an earlier, higher offer."""
        gone_s = min(self.asked_s + FOLLOWS_S, self._arrived_s + METER_LAGS_S)
        return self._before_a[phase] if t < gone_s else 0.0

    def draws(self, t: float, phase: int, *, too_much: bool, danger: bool) -> tuple[float, float]:
        """Return between which currents its car draws from a phase of the mains; what it takes beyond is the house's.

        It may draw more than was read if it is on its way to a new offer, if it may wake at any moment, or if the
        reading is older than the meter's. The last is no excuse when there is too much on that phase, nor are the others
        when the fuse is in danger, but for a car that falls: to lower one that only seemed to draw would help nobody.
        """
        may_a = self.worst_a(t) if phase in self.counted else 0.0
        low_a = min(self._drawn_a[phase], may_a)
        if self.empty:
            excused = not too_much and phase not in self.fresh
        else:
            falls = self.leaving_a(t, phase) > may_a
            excused = (
                (self.pace.last_s < self.asked_s + FOLLOWS_S and (falls or not danger))
                or (t < self.waking_s and not danger)
                or (not too_much and (phase not in self.fresh or self.standing is Standing.SILENT))
            )
        return low_a, max(may_a, self.leaving_a(t, phase)) if excused else low_a

    # What it may ask for

    def stand(self, t: float, safe_a: float | None) -> None:
        """Work out what it may ask for now; `safe_a` is its ceiling if the meter of its phases is silent."""
        self.others_a = self._other_hand.most_a(t)
        step_a = self.spec.step_a
        self.minimum_a = round(math.ceil(self._minimum_a / step_a - EPSILON_A) * step_a, 3)
        ceiling_a = self._maximum_a
        self.reason = Reason.TWO_MASTERS if self.two_masters else Reason.OWN_MAXIMUM
        for amps, reason in (
            (self._charger_a, Reason.CHARGER_LIMIT),
            (self._persons_a, Reason.PERSONS_LIMIT),
            (safe_a, Reason.METER_SILENT),
        ):
            # Not a number is no limit that could be kept.
            if amps is not None and not amps >= ceiling_a:
                ceiling_a, self.reason = amps if amps > 0 else 0.0, reason
        self.ceiling_a = round(math.floor(ceiling_a / step_a + EPSILON_A) * step_a, 3)
        if self.pace.silent(t):
            self.standing, self.reason = Standing.SILENT, Reason.MEMBER_SILENT
        elif not self.allowed:
            self.standing, self.reason = Standing.BARRED, Reason.PAUSED_BY_OWNER
        elif self.ceiling_a < self.minimum_a:
            self.standing = Standing.BARRED
        elif self._status in _RESTING:
            self.standing, self.reason = Standing.RESTING, _RESTING[self._status]
        elif self._owner_paused:
            self.standing = Standing.IDLE if self.offer_a else Standing.AWAY
            self.reason = Reason.PAUSED_BY_OWNER
        else:
            # While it is paused it cannot show what it would take.
            if self.given_a > 0:
                self._tired = t >= self.waking_s and t - self._drew_s >= _QUIET_S
            self.standing = Standing.AWAKE
            if self._tired:
                self.standing, self.reason = Standing.IDLE, Reason.CAR_TAKES_NO_MORE

    @property
    def two_masters(self) -> bool:
        """Return whether somebody else sets its limit too, up to `others_a`."""
        return self.others_a > 0

    @property
    def empty(self) -> bool:
        """Return whether no car is charging for want of a plug or a permission: the next may come at any time."""
        return self._status in _EMPTY

    def demand(self) -> Demand:
        """Return what it could use on which phases."""
        wanted_a = self.ceiling_a if self._reach_a is None else min(self.ceiling_a, self._reach_a)
        if self.standing is Standing.IDLE:
            wanted_a = self.minimum_a
        maximum_a = self.ceiling_a
        if self.two_masters:
            wanted_a = maximum_a = max(self.minimum_a, min(self.ceiling_a, self.given_a))
        return Demand(
            id=self.spec.id,
            phases=self.counted,
            minimum_a=self.minimum_a,
            wanted_a=max(self.minimum_a, wanted_a),
            maximum_a=maximum_a,
        )

    def obeyed_a(self, amps: float, margin_a: float) -> float:
        """Return what to offer so that the car draws no more than so much.

        What it draws beyond its offer counts as the house's, so that only the difference is left to mind. Of a car
        that was always offered all it can take, a little is expected, and the margin is there for it.
        """
        beyond_a = max(0.0, max(self._drawn_a) - self.offer_a)
        if self._excess is None:
            obeyed_a = (amps + beyond_a + margin_a) / _EXCESS
        else:
            obeyed_a = (amps + beyond_a) / self._excess
        return min(amps, max(self.minimum_a, obeyed_a))

    # How often it may be told something

    def useful_a(self, t: float) -> float | None:
        """Return how much a rise must bring now; None: none, for there were too many writes or the last is too near.

        The more writes there were, the more the next must be worth: relays, flash and radio wear.
        """
        self._writes = min(_WRITES, self._writes + (t - self._writes_s) / _WRITE_EVERY_S)
        self._writes_s = t
        if self._writes < 1 or t < self.paced_s + PAUSE_S:
            return None
        if self._writes > _WRITES / 2:
            return USEFUL_A
        return 2 * USEFUL_A if self._writes > _WRITES / 4 else 4 * USEFUL_A

    def down_a(self, amps: float) -> float:
        """Round down to a step of the charger, to whole amperes once there were many writes; no less than its minimum."""
        step_a = self.spec.step_a if self._writes > _WRITES / 2 else max(self.spec.step_a, 1.0)
        # Rounded, for a sum of tenths has the dust of binary fractions.
        down_a = round(math.floor(amps / step_a + EPSILON_A) * step_a, 3)
        return self.minimum_a if down_a < self.minimum_a <= amps + EPSILON_A else down_a
