"""What the law keeps of one charger, and what it makes of its readings.

What was sent to the charger, accepted by it, confirmed, or changed by something else is the controller's: the law reads
its Acknowledgement and its ForeignChanges. Its own are the claim, and what it knows of the car.
"""

import math

from ...chargers.types import Load, Status
from ...control.acknowledgement import CONFIRMED_WITHIN_S, Acknowledgement, State
from ...control.claim import Reason, Target
from ...control.foreign import ForeignChanges
from .allocate import EPSILON_A, Demand
from .budget import USEFUL_A, Budget
from .draw import DRAWS_A, Draw
from .habits import Habits, tried_a
from .hidden_car import HiddenCar
from .mains import FOLLOWS_S, sane
from .model import Member
from .pace import Pace
from .standing import NO_CAR, Standing

# A reading of a charger may be so much newer than one of the meter.
METER_LAGS_S = 2.0
# So long a waking car may take to draw: most restart within a minute, some need two.
CHANCE_S = 120.0
# A car that has drawn nothing for so long takes no more.
_QUIET_S = 60.0


class TrackedCharger:
    """One charger of the group. Currents are in A per phase, times in seconds of a clock that never goes back."""

    def __init__(self, spec: Member, phases: int, given_a: float | None) -> None:
        """Expect the worst of a charger that was not read yet: all that it was last given, or can give."""
        self.spec = spec
        self.draw = Draw(tuple(phase - 1 for phase in spec.phases), phases, between=spec.between)
        self.pace = Pace()
        self.budget = Budget()
        # The law's decision, and the claim that was made of it; no claim: the group does not steer it.
        self.given_a = spec.maximum_a if given_a is None else given_a
        self.claimed_a: float | None = None
        self.claimed_s = -math.inf
        # It has, or had until its ceiling rose, all that it may have without the group: then it is the ceiling that moves it.
        self.is_led = False
        self.habits = Habits()
        self.switched_s = self.plugged_s = self.waking_s = -math.inf
        # A charger that the law has paused stays so until then.
        self.rests_until_s = -math.inf
        # What its car has had in its turns, in As of all phases; see turns.py.
        self.had_as = 0.0
        # It takes nothing, and the breaker bears that it wakes with so much: it counts nowhere.
        self.spared_a: float | None = None
        self.is_known = self.is_doubtful = self._is_off = self._is_barred_by_own = False
        self.standing = Standing.SILENT
        self.reason: Reason | None = Reason.MEMBER_SILENT
        # The least that it may be given, and what its car is found to need.
        self.ceiling_a, self.least_a, self.minimum_a = spec.maximum_a, spec.minimum_a, spec.minimum_a
        self._minimum_a, self._maximum_a = spec.minimum_a, spec.maximum_a
        self._car = HiddenCar()
        self._own: Target | None = None
        self._holds_pause = True
        self._ack, self._foreign = Acknowledgement(), ForeignChanges()
        self._opens_late = False
        # What its car drew, or was offered, before the last change; and since when it draws no more than the new offer.
        self._before_a: list[float] = [0.0] * phases
        self._arrived_s = math.inf
        self._has_fallen = False
        # The highest current that a second master may set at any moment; 0 without one.
        self.others_a = 0.0

    # Readings

    def read(
        self,
        t: float,
        load: Load,
        *,
        own: Target,
        is_off_at_charger: bool,
        ack: Acknowledgement,
        foreign: ForeignChanges,
    ) -> None:
        """Take a reading; what makes no sense in it counts as not known."""
        gone_s = t - self.pace.last_s
        self.pace.add(t)
        was_off, self._is_off = self._is_off, is_off_at_charger
        self.change_own(own)
        self._ack, self._foreign = ack, foreign
        self._minimum_a = max(self.spec.minimum_a, sane(load.minimum_a) or 0.0)
        maximum_a = sane(load.maximum_a)
        self._maximum_a = self.spec.maximum_a if maximum_a is None else min(self.spec.maximum_a, maximum_a)
        self._holds_pause = load.shows_pause
        self._follow(t, was_off=was_off)
        # Where it could not be reached when it was paused, its contactor opens only now.
        self._opens_late = self.claimed_a == 0 and bool(ack.shown_a) and t >= self.claimed_s + FOLLOWS_S
        before = self._car.status
        self._car.read(t, load)
        self._take_status(t, before)
        self._take_currents(t, load)
        if gone_s < self.pace.silent_after_s:
            self.had_as += gone_s * sum(self.draw.drawn_a)
        self.is_known = True

    def _follow(self, t: float, *, was_off: bool) -> None:
        """Start from what the charger shows where that is not the law's doing.

        At first; switched on again at the charger; where it cannot be paused; and while there is a second master: its
        value is left as it is. A charger that is slow to follow still shows what it had before.
        """
        if (shown_a := sane(self._ack.shown_a)) is None:
            return
        is_on_again = (was_off and not self._is_off) or (self.given_a == 0 and not self._holds_pause)
        is_others = self._foreign.is_second_master(t) or is_on_again
        if not self.is_known or (is_others and t >= self.moved_s + FOLLOWS_S):
            self.given_a = shown_a if shown_a >= self._minimum_a else 0.0

    def _take_status(self, t: float, before: Status | None) -> None:
        if self._car.status in NO_CAR:
            self.draw.forget()
            self.habits.forget()
        elif not self.is_known or before in NO_CAR:
            self.plugged_s = self.draw.drew_s = t
            self.waking_s = t + CHANCE_S
            if self.is_known:
                # The pause, if there was one, was not this car's.
                self.switched_s = self.rests_until_s = -math.inf

    def _take_currents(self, t: float, load: Load) -> None:
        offer_a = self.offer_a
        is_measured = self.draw.read(t, load, offer_a, self.spec.maximum_a)
        most_a = self.draw.most_a
        if most_a >= DRAWS_A:
            self.waking_s = -math.inf
        if not is_measured:
            return
        asked_a = offer_a if self.claimed_a is None else self.claimed_a
        if most_a < asked_a + USEFUL_A and self._arrived_s == math.inf:
            self._arrived_s = t
        if not self.has_no_car and t >= max(self.waking_s, self.moved_s + FOLLOWS_S):
            self.draw.learn(t, offer_a, is_held=offer_a < self.ceiling_a - USEFUL_A)
            if most_a >= DRAWS_A:
                self.habits.draws(offer_a)

    def change_own(self, own: Target) -> None:
        """Take what it may do without the group, which has changed between two readings."""
        self._own = own
        self.draw.expect(own.phases)

    # The claim

    def take_over(self) -> None:
        """Start from what it offers: what a group gave that only watched was not so."""
        if self.is_known:
            self.given_a = self.offer_a if self.offer_a >= self._minimum_a else 0.0
            self.switched_s = self.rests_until_s = -math.inf

    def claim(self, t: float, amps: float, *, paced: bool) -> None:
        """Claim so much; until the command has left, and the car has followed, both the old and the new count."""
        needs_command = not self._ack.is_confirmed or amps != self.offer_a
        if needs_command:
            self._note_before(t)
            self.claimed_s = t
            self.budget.spend(t, paced=paced, counted=not self.is_led)
        self.claimed_a = amps

    def _note_before(self, t: float) -> None:
        worst_a = self.worst_a(t)
        self._before_a = [
            max(drawn_a, worst_a if phase in self.draw.counted else 0.0)
            for phase, drawn_a in enumerate(self.draw.drawn_a)
        ]
        self._arrived_s, self._has_fallen = math.inf, False

    def switch(self, t: float, amps: float, minimum_off_s: float) -> None:
        """Give it so much; a car that is switched on again, or is tried with more, gets its time to wake.

        A pause of its owner or its schedule is none of the law's: it may end at any time. So may one that opened no
        contactor.
        """
        if self.given_a < self.minimum_a <= amps:
            self.waking_s = t + CHANCE_S
        if amps == 0 and (self.given_a > 0 or self._opens_late):
            self._rest(t, minimum_off_s)
        elif self.given_a == 0 < amps:
            self.switched_s = t
        self._opens_late = False
        if amps != self.given_a and amps < self.ceiling_a - EPSILON_A:
            self.is_led = False
        self.given_a = amps

    def _rest(self, t: float, minimum_off_s: float) -> None:
        if self._is_barred_by_own:
            self.switched_s = self.rests_until_s = -math.inf
            return
        # Whatever was read of its car: it may have begun to draw since.
        self.switched_s, self.rests_until_s = t, t + minimum_off_s
        if t - self.draw.drew_s < _QUIET_S:
            self.habits.is_stopped()

    # What it may be offering

    @property
    def moved_s(self) -> float:
        """Return when its claim last changed, or a command for its current last left."""
        return max(self.claimed_s, self._ack.asked_s)

    @property
    def _is_taken(self) -> bool:
        """Return whether it accepted the last command, and no reading is new enough to show the opposite."""
        ack = self._ack
        return ack.state is State.ACCEPTED and self.pace.last_s < ack.asked_s + FOLLOWS_S

    def is_settled(self, t: float) -> bool:
        """Return whether it was read, and its car had time to follow, since it was last commanded."""
        return not self.pace.is_silent(t) and self.pace.last_s >= self.moved_s + FOLLOWS_S

    @property
    def offer_a(self) -> float:
        """Return the current that it offers, as far as is known."""
        amps = sane(self._ack.asked_a if self._is_taken else self._ack.held)
        return self.given_a if amps is None else amps

    def _most_a(self, t: float) -> float:
        """Return the most that it may be offering, as its commands and readings stand."""
        amps = sane(self._ack.asked_a if self._is_taken else self._ack.most_a(t))
        return self.given_a if amps is None else amps

    def _known_a(self) -> float:
        """Return the highest of what is claimed, was commanded, and is shown or was taken after that."""
        known = (self.claimed_a, self._ack.asked_a, self._ack.shown_a, self._ack.held)
        return max((amps for amps in map(sane, known) if amps is not None), default=0.0)

    def _is_leaving(self, t: float) -> bool:
        """Return whether the command for a new claim is about to leave."""
        return self._ack.asked_s < self.claimed_s and t < self.claimed_s + CONFIRMED_WITHIN_S

    def worst_a(self, t: float) -> float:
        """Return the most that it counts with."""
        if self.standing is Standing.SILENT:
            return max(self.given_a, self.others_a, self._known_a(), *self.draw.drawn_a)
        if self.is_doubtful:
            return self._known_a()
        if self.claimed_a is None:
            return self._most_a(t)
        return self.claimed_a if self._is_leaving(t) else max(self.claimed_a, self._most_a(t))

    def _doubt(self, t: float) -> bool:
        """Return whether its last command may not have arrived, or it offers more than it was given."""
        if self.claimed_a is None or self._is_leaving(t):
            return self.is_doubtful and self.claimed_a is not None
        if self._most_a(t) > max(self.claimed_a, self.given_a) + USEFUL_A:
            return True
        # One that was sent again is as doubtful until the charger takes it.
        is_open = self._ack.asked_a is not None and not self._ack.is_confirmed and not self._is_taken
        return is_open and (self.is_doubtful or self._ack.is_doubtful(t))

    def leaving_a(self, t: float, phase: int) -> float:
        """Return what its car may still draw there of an earlier, higher offer."""
        gone_s = min(self.moved_s + FOLLOWS_S, self._arrived_s + METER_LAGS_S)
        return self._before_a[phase] if t < gone_s else 0.0

    def falls_a(self, t: float, phase: int) -> float:
        """Return by how much its car may still fall there, as far as a meter shows."""
        if self._has_fallen:
            return 0.0
        return max(0.0, self.leaving_a(t, phase) - (self.worst_a(t) if phase in self.draw.counted else 0.0))

    def has_fallen(self) -> None:
        """Note that a meter shows its car at the new, lower offer; until it is read none rises into what it leaves."""
        self._has_fallen = True

    def is_unclear(self, t: float, phase: int) -> bool:
        """Return whether a first reading of the meter may have more of its car than is known: it falls, or was not read."""
        if phase not in self.draw.wiring:
            return False
        return not self.is_known or self.falls_a(t, phase) > 0

    def draws(
        self, t: float, phase: int, *, moved_s: float, too_much: bool, danger: bool
    ) -> tuple[float, float]:
        """Return between which currents its car draws from a phase of the mains; what it takes beyond is the house's.

        It may draw more than was read if it is on its way to a new offer, or if it may wake at any moment. It may draw
        more or less if it was not read since the meter last moved, at `moved_s`. The last is no excuse when there is
        too much on that phase, nor are the others when the fuse is in danger, but for a car that falls: to lower one that
        only seemed to draw would be no help.
        """
        may_a = self.worst_a(t) if phase in self.draw.counted else 0.0
        low_a = min(self.draw.drawn_a[phase], may_a)
        is_old = not too_much and (
            self.pace.last_s < moved_s + METER_LAGS_S or self.standing is Standing.SILENT
        )
        if self.spared_a is not None:
            # It counts nowhere, so that what it takes when it wakes has to be the house's until it is read.
            excused = False
        elif self.has_no_car:
            excused = is_old
        else:
            falls = self.falls_a(t, phase) > 0
            excused = (
                (self.pace.last_s < self.moved_s + FOLLOWS_S and (falls or not danger))
                or (t < self.waking_s and not danger)
                or is_old
            )
        if not excused:
            return low_a, low_a
        # It may have stopped since; then it was not the house that the meter lost.
        has_stopped = not too_much and self.pace.last_s < moved_s
        return 0.0 if has_stopped else low_a, may_a + self.falls_a(t, phase)

    # What it may demand

    def stand(self, t: float, safe_a: float | None, *, steers: bool) -> None:
        """Work out what it may demand now; `safe_a` is its ceiling if the meter of its phases is silent."""
        self.others_a = self._foreign.most_a(t) if steers else 0.0
        self.is_led |= self.given_a >= self.ceiling_a - EPSILON_A
        self._find_ceiling(safe_a)
        if self.pace.is_silent(t):
            self.standing, self.reason = Standing.SILENT, Reason.MEMBER_SILENT
        elif self.ceiling_a < self.minimum_a:
            self.standing = Standing.BARRED
        elif self._car.rests is not None:
            self.standing, self.reason = Standing.RESTING, self._car.rests
        else:
            self._stand_up(t)
        self.is_doubtful = self._doubt(t)
        if self.is_doubtful:
            # The command is sent again by the controller, whenever that is.
            self._note_before(t)

    def _find_ceiling(self, safe_a: float | None) -> None:
        step_a = self.spec.step_a
        ceiling_a = self._maximum_a
        self.reason = Reason.TWO_MASTERS if self.two_masters else Reason.OWN_MAXIMUM
        # Not a number is no limit that could be kept.
        if (own := self._own) is not None and not own.current_a >= ceiling_a:
            ceiling_a = own.current_a if own.current_a > 0 else 0.0
            if not self.two_masters or own.reason is not Reason.CHARGER_LIMIT:
                self.reason = own.reason
        self._is_barred_by_own = ceiling_a < self._minimum_a
        if safe_a is not None and not safe_a >= ceiling_a:
            ceiling_a, self.reason = safe_a if safe_a > 0 else 0.0, Reason.METER_SILENT
        needs_a = self.habits.needs_a if self.habits.needs_a <= ceiling_a else 0.0
        self.least_a = round(math.ceil(self._minimum_a / step_a - EPSILON_A) * step_a, 3)
        self.minimum_a = max(self.least_a, round(math.ceil(needs_a / step_a - EPSILON_A) * step_a, 3))
        self.ceiling_a = round(math.floor(ceiling_a / step_a + EPSILON_A) * step_a, 3)

    def _stand_up(self, t: float) -> None:
        # While it is paused it cannot show what it would take.
        if self.given_a > 0 and t >= self.waking_s and t - self.draw.drew_s >= _QUIET_S:
            self.habits.is_quiet(self.offer_a, tried_a(self.ceiling_a, self._maximum_a, self._own))
        self.standing = Standing.AWAKE
        if self.habits.takes_nothing and self.draw.most_a < DRAWS_A:
            self.standing, self.reason = Standing.IDLE, Reason.CAR_TAKES_NO_MORE

    @property
    def counted(self) -> tuple[int, ...]:
        """Return the phases of the mains that it counts on."""
        return self.draw.counted if self.spared_a is None else ()

    @property
    def two_masters(self) -> bool:
        """Return whether something else sets its limit too, up to `others_a`."""
        return self.others_a > 0

    @property
    def has_no_car(self) -> bool:
        """Return whether nothing charges for want of a plug or a permission: the next car may come at any time."""
        return self._car.status in NO_CAR

    @property
    def is_held(self) -> bool:
        """Return whether it has its minimum, and cannot have less before a car comes."""
        return self.has_no_car and not self._holds_pause and self.given_a <= self.minimum_a

    @property
    def is_out_of_order(self) -> bool:
        """Return whether no car can charge for a fault or an update."""
        return self._car.rests is Reason.FAULT

    @property
    def needs_a(self) -> float:
        """Return the least that the charger can be set to and its car is found to charge with."""
        return max(self._minimum_a, self.habits.needs_a)

    @property
    def maximum_a(self) -> float:
        """Return the most that the charger can be set to, and that is of use to a car that draws less."""
        reach_a = self.draw.reach_a
        return self._maximum_a if reach_a is None else min(self._maximum_a, reach_a)

    @property
    def takes(self) -> bool:
        """Return whether its car draws what it is offered, as far as is known."""
        return self.draw.most_a >= DRAWS_A or not self.habits.takes_nothing

    def demand(self) -> Demand:
        """Return what it could use on which phases."""
        reach_a = self.draw.reach_a
        wanted_a = self.ceiling_a if reach_a is None else min(self.ceiling_a, reach_a)
        maximum_a = self.ceiling_a
        if self.standing is Standing.IDLE:
            # It keeps what it has, as long as no other can use that, and gets no more.
            wanted_a = self.minimum_a
            kept_a = max(self.minimum_a, min(self.ceiling_a, self.given_a))
            maximum_a = kept_a if self.spared_a is None else self.spared_a
        if self.two_masters:
            wanted_a = maximum_a = max(self.minimum_a, min(self.ceiling_a, self.given_a))
        return Demand(
            id=self.spec.id,
            phases=self.counted,
            minimum_a=self.minimum_a,
            wanted_a=max(self.minimum_a, wanted_a),
            maximum_a=maximum_a,
            is_tried=self.draw.is_tried,
        )

    def obeyed_a(self, amps: float, margin_a: float) -> float:
        """Return what to offer so that the car draws no more than so much, no less than its minimum."""
        return min(amps, max(self.minimum_a, self.draw.obeyed_a(amps, self.offer_a, margin_a)))

    def follows_to(self, target_a: float) -> bool:
        """Return whether so much is all that it may have without the group, and it had all of that before."""
        return self.is_led and target_a >= self.ceiling_a - EPSILON_A

    def useful_a(self, t: float, target_a: float) -> float | None:
        """Return how many amperes a rise to so much must bring now; None: it may not rise now."""
        if not self.follows_to(target_a):
            return self.budget.useful_a(t)
        # Whatever sets its ceiling has found it worth a command.
        return None if self.budget.is_too_soon(t) else 0.0

    def down_a(self, amps: float) -> float:
        """Round down to a step of the charger, to whole amperes after many changes; no less than its minimum."""
        step_a = max(self.spec.step_a, 1.0) if self.budget.is_half_spent else self.spec.step_a
        # Rounded, for a sum of tenths has the dust of binary fractions.
        down_a = round(math.floor(amps / step_a + EPSILON_A) * step_a, 3)
        return self.minimum_a if down_a < self.minimum_a <= amps + EPSILON_A else down_a
