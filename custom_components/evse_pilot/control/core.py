"""What is known of one charger beside what is wanted of it: what has become of the last command, and whose a value is.

Numbers in, a target out: no clock, no charger and no Home Assistant. Currents are in A per phase; `t` is in seconds of a
clock that never goes back.
"""

from dataclasses import replace
import math
from typing import Any

from ..chargers.capabilities import Limiter
from ..chargers.types import Status
from .acknowledgement import EPSILON_A, Choice, State, Verdict
from .claim import BY_ITSELF, Source, Target
from .commands import Commands
from .expected_sun import ExpectedSun
from .foreign import ForeignChanges
from .hand import hand_until_edge, limit_at_charger, limit_of_a_pause, without_choice, without_pauses
from .presence import Presence
from .shown import Sent, Shown, changes_mode
from .wanted import Wanted

# What sends no more than so many commands is a cloud, which takes some seconds for each.
_CLOUD_ANSWERS_S = 10.0
# The charger itself may change its limit then.
_UNSETTLED = frozenset({Status.FAULT, Status.UPDATING})


class ControlCore(Wanted):
    """The state of the control of one charger."""

    def __init__(self) -> None:
        """Start with nothing claimed and nothing known."""
        super().__init__()
        self.commands = Commands()
        self.ack = self.commands.current
        self.foreign = ForeignChanges()
        self.presence = Presence()
        # What was commanded before a restart of ours, and may hold at the charger.
        self.sent_before = Sent()
        # How long it has to be from one command to the next, and when the last one left.
        self.pace_s = 0.0
        # What its group expects of the sun; None: no group has read a forecast yet.
        self.expected_sun: ExpectedSun | None = None
        self._sent_s = -math.inf

    # What the charger shows

    def unsettle(self, t: float) -> None:
        """Take what was sent for forgotten, and what the charger changes now for its own doing."""
        self.commands.unsettle()
        self.foreign.excuse(t)

    def read(self, t: float, now: Shown, *, is_settled: bool = True) -> Verdict:
        """Take a snapshot and find out whether its current is ours, the owner's, or foreign.

        `is_settled`: no command is on its way while it is read, so that mode and phases are what they are.
        """
        before, self.shown = self.shown, now
        self.ack.step_a = now.load.step_a
        self.commands.settle(t)
        if now.load.status in _UNSETTLED:
            self.commands.doubt()
            self.foreign.excuse(t)
        was_sent = self.sent_before != Sent()
        self._resume_what_was_sent()
        if before is not None:
            if changes_mode(before, now):
                self.ack.unsettle()
            self._notice_limit_of_a_pause(t, before, now)
        asked_a, current_a = self.ack.asked, self.current_of(now)
        if asked_a == 0 and not now.load.shows_pause:
            # Without a car it has nothing to pause; the next car is paused when it comes.
            self.ack.unsettle()
        verdict = self.ack.read(current_a)
        if verdict is Verdict.FOREIGN and asked_a is not None:
            self._on_foreign_current(t, asked_a, current_a)
            if asked_a == 0 and before is not None and self._has_forgotten_its_limit(before, now):
                self.ack.adopt(current_a)
        elif verdict is Verdict.UNCLAIMED:
            if before is not None and self._is_switched_on(t, before, now):
                self._allow_by_hand(EPSILON_A)
            self._follow_current(now, is_first=before is None and not was_sent)
        elif verdict is Verdict.CONFIRMED and not self.claims_a_current and self._is_restored(current_a):
            self.ack.restore()
        if now.mode is not None:
            self._read_choice(self.commands.mode, now.mode, "mode")
        if now.phases is not None:
            self._read_choice(self.commands.phases, now.phases, "phases")
        if is_settled:
            self._follow_choices(now)
        return verdict

    @property
    def sent(self) -> Sent:
        """Return of what a command may hold at the charger, to be stored."""
        return self.commands.sent(self.sent_before)

    def _resume_what_was_sent(self) -> None:
        if self.sent_before == Sent() or (target := self.command) is None:
            return
        self.ack.limit_a = self.sent_before.limit_a
        # What a person has switched off at the charger is no pause of ours.
        if self.sent_before.current and not self.baseline.paused:
            # Where one was confirmed, what was stored is as new as the last command that lowered it.
            if self.sent_before.confirmed_a is None:
                target = self._never_more(target)
            self._resume_current(target.current_a, self.sent_before.confirmed_a)
        self.commands.resume_choices(self.sent_before, target)
        self.sent_before = Sent()

    def _never_more(self, target: Target) -> Target:
        """Lower the claim of a group to what the charger shows, and return the target: what was stored may be older.

        Only a group that has read its meter raises a charger.
        """
        assert self.shown is not None
        group, current_a = self.claims.get(Source.GROUP), self.current_of(self.shown)
        if group is None or group.current_a is None or group.current_a <= current_a:
            return target
        if (own := self.own_target) is not None and own.current_a <= current_a:
            # It shows no more because of another claim, which may end at any time.
            return target
        self.claim(Source.GROUP, replace(group, max_current_a=current_a))
        return self.command or target

    def _resume_current(self, target_a: float, confirmed_a: float | None) -> None:
        """Find out whether what was confirmed before a restart of ours was changed at the charger meanwhile.

        Less is a person's. More may be what a charger has that restarted as well: it is sent again.
        """
        assert self.shown is not None
        self.ack.resume(target_a if confirmed_a is None else confirmed_a)
        if confirmed_a is None:
            return
        current_a = self.current_of(self.shown)
        if current_a < confirmed_a and not self.ack.matches(current_a, confirmed_a):
            self.ack.adopt(confirmed_a)
        else:
            self.ack.resume(target_a)

    def _is_switched_on(self, t: float, before: Shown, now: Shown) -> bool:
        """Return whether a person has switched it on again where it was switched off; not the next car that comes."""
        return (
            self.baseline.paused
            and before.load.shows_pause
            and now.load.shows_pause
            and not now.paused
            and not self.foreign.is_excused(t)
        )

    def _has_forgotten_its_limit(self, before: Shown, now: Shown) -> bool:
        """Return whether a charger that a person switched on has more than its owner had set, since a restart.

        It had that before, when it was paused, so that the person has not set it now.
        """
        own_a = self.baseline.current_a
        is_unchanged = before.load.set_a is not None and abs(before.load.set_a - now.set_a) < EPSILON_A
        return own_a is not None and is_unchanged and now.set_a > own_a + EPSILON_A

    def _read_choice[T: (str, int)](self, command: Choice[T], value: T, name: str) -> None:
        """Compare a mode, or phases; what a person chose stays until the schedule changes."""
        verdict = command.read(value)
        if verdict is Verdict.FOREIGN:
            self.claims |= without_choice(self.claims, name)
        elif verdict is Verdict.CONFIRMED and not self.has_claim_of(name):
            # Not yet what a claim left that ended while the charger is paused.
            if getattr(self.baseline, name) in (None, value) and not command.may_fall_back:
                command.release()

    def _is_restored(self, current_a: float) -> bool:
        """Return whether it has what its owner had set, which is the owner's again; not what an ended claim left."""
        target = self.target
        return (
            target is not None
            and not self.ack.may_fall_back
            and self.ack.matches(current_a, target.current_a)
        )

    def _notice_limit_of_a_pause(self, t: float, before: Shown, now: Shown) -> None:
        """Take a limit that was changed at the charger while it was paused for the owner's, for after the pause."""
        set_a = limit_of_a_pause(before, now)
        is_commanded = self.ack.state not in (State.CONFIRMED, State.IDLE)
        if set_a is None or is_commanded or self.foreign.is_excused(t) or not self.claims_a_current:
            return
        if self.ack.is_earlier(set_a) or self.ack.is_ours(set_a):
            return
        timed = self.claims.get(Source.TIMED)
        if timed is not None and timed.current_a:
            self.claim(Source.TIMED, None)
        self.claim(Source.OWNER, limit_at_charger(self.claims.get(Source.OWNER), set_a))

    def read_plug(self, t: float, status: Status | None) -> None:
        """Take the status of a snapshot: with a plug the charger may start by itself, without one an override ends.

        A person who let the last car charge against the schedule did not mean the next one.
        """
        if self.presence.read(t, status):
            self.unsettle(t)
            override = self.claims.get(Source.OVERRIDE)
            if override is not None and (override.ends_at_edge or self.presence.is_plugged_in is False):
                self.claim(Source.OVERRIDE, None)

    def current_of(self, now: Shown) -> float:
        """Return the current that the charger is set to, in A per phase; 0 while it is paused."""
        if now.paused:
            return 0.0
        asked_a = self.ack.asked
        if now.load.set_a is None and asked_a and 0 < now.set_a < asked_a and now.is_bounded:
            return asked_a
        return now.set_a

    def _follow_current(self, now: Shown, *, is_first: bool) -> None:
        """Take what it shows, of which nothing was commanded, for what its owner has set.

        `is_first`: nothing was before a restart of ours either, so that what is claimed since is not what it shows.
        """
        self.baseline = replace(self.baseline, paused=now.paused)
        if (
            now.set_a > 0
            and (is_first or not self.claims_a_current)
            and not (now.is_bounded and now.load.set_a is None)
            and not self.ack.is_ours(now.set_a)
        ):
            self.baseline = replace(self.baseline, current_a=now.set_a)

    def _follow_choices(self, now: Shown) -> None:
        """Take a mode and phases of which nothing was commanded for what the owner has set."""
        if self.commands.mode.state is State.IDLE and not self.has_claim_of("mode"):
            self.baseline = replace(self.baseline, mode=now.mode)
        if self.commands.phases.state is State.IDLE and not self.has_claim_of("phases"):
            self.baseline = replace(self.baseline, phases=now.phases)

    def _on_foreign_current(self, t: float, before_a: float, after_a: float) -> None:
        """Take a confirmed value that changed by itself for the word of the owner, or of a second master."""
        self.foreign.add(t, before_a, after_a)
        if after_a == 0:
            self.baseline = replace(self.baseline, paused=True)
            return
        if before_a > 0:
            self.ack.restore()
            self.claim(Source.TIMED, None)
            self.claim(Source.OWNER, limit_at_charger(None, after_a))
        self._allow_by_hand(EPSILON_A if before_a == 0 else after_a)

    def _allow_by_hand(self, at_least_a: float) -> None:
        """End what keeps the charger below this current, in A per phase, but for a group: a person wants it."""
        self.baseline = replace(self.baseline, paused=False)
        for source, claim in without_pauses(self.claims).items():
            self.claim(source, claim)
        target = self.own_target
        if target is not None and target.source in BY_ITSELF and target.current_a < at_least_a:
            self.claim(Source.OVERRIDE, hand_until_edge())

    # What is to be sent

    def presumed(self, target: Target) -> Shown:
        """Return what the charger has by now: a command that was not read back yet may hold already.

        One that the charger took holds until a reading shows the opposite. One that is sent again is compared with what
        is shown, for it may have been lost.
        """
        assert self.shown is not None
        now, asked_a = self.shown, self.ack.asked
        is_repeated = asked_a == target.current_a
        if asked_a is None or self.ack.is_confirmed or (is_repeated and not self.ack.is_unread):
            return now
        if asked_a == 0:
            return replace(now, paused=True)
        load = replace(now.load, limit_a=asked_a, set_a=asked_a)
        return replace(now, paused=now.paused and not is_repeated and target.current_a > 0, load=load)

    def other_current(self, target: Target) -> bool:
        """Return whether the charger has another current than the target, as far as is known.

        A limit that its owner has set, of which nothing is claimed or was commanded, is left as it is.
        """
        if self.shown is None:
            return False
        is_the_owners = (
            self.ack.state is State.IDLE
            and not self.claims_a_current
            and not self.shown.paused
            and not self.ack.is_ours(self.shown.set_a)
        )
        return not is_the_owners and not self.ack.matches(
            self.current_of(self.presumed(target)), target.current_a
        )

    def differs(self, target: Target) -> bool:
        """Return whether the charger has something else than the target."""
        now = self.shown
        return self.other_current(target) or (
            now is not None
            and target.current_a > 0
            and (now.has_other_mode(target) or now.has_other_phases(target))
        )

    def raises(self, target: Target | None) -> bool:
        """Return whether the target is above what was commanded and confirmed."""
        asked_a = self.ack.asked
        return (
            target is not None
            and self.ack.is_confirmed
            and asked_a is not None
            and target.current_a > asked_a
        )

    def needs(self, t: float) -> bool:
        """Return whether something is to be sent, or taken for sent, now."""
        if (target := self.command) is None or self.shown is None or self.held_s(t) > 0:
            return False
        if self.other_current(target):
            return self.ack.needs(t, target.current_a) and not self.waits_for_a_car(target)
        if target.current_a > 0 and (chosen := self.commands.needs_choice(t, self.shown, target)) is not None:
            return chosen
        return self.ack.state is State.IDLE and self.claims_a_current and not self.baseline.paused

    def keep_pace(self, limiter: Limiter[Any]) -> None:
        """Leave a charger the time that it, or its cloud, needs from one command to the next, and to show it."""
        self.pace_s = limiter.pace_s
        self.commands.settles_in(limiter.settles_s)

    @property
    def answers_s(self) -> float:
        """Return how long it takes the charger to follow, as a rule; 0 for one that is commanded at any time.

        It waits for its time only where another command has just left: half of that time is what it takes as a rule.
        """
        return self.pace_s / 2 + _CLOUD_ANSWERS_S if self.pace_s else 0.0

    def held_s(self, t: float) -> float:
        """Return for how long no command may be sent by itself: the charger, or its cloud, takes so many and no more."""
        return min(self.pace_s, max(0.0, self._sent_s + self.pace_s - t))

    def send(self, t: float, target: Target) -> None:
        """Note what leaves now."""
        assert self.shown is not None
        self._sent_s = t
        if self.other_current(target):
            self.ack.send(t, target.current_a)
            # Beneath a pause, where a cloud may end that first.
            self.ack.note_earlier(t, self.shown.set_a)
        if target.current_a > 0:
            self.commands.send_choices(t, self.shown, target)

    def adopt(self, target: Target) -> None:
        """Take what the charger shows already for confirmed, so that a change of it is noticed."""
        if self.ack.state is State.IDLE and self.claims_a_current and not self.baseline.paused:
            self.ack.adopt(target.current_a)
