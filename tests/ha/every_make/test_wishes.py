"""Whatever is asked of a charger, by whatever way and however it is disturbed, it does what its rules make of it.

A state machine for every make's emulator: limits for good and for a time, windows that begin and end, an override, the
plug, a group, a hand at the charger, lost commands, lost polls, restarts of the charger and of Home Assistant, an entry
that is disabled and one that is removed.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import math
import os
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
import pytest

from custom_components.evse_pilot.control.claim import Baseline, Claim, Reason, Source
from homeassistant.util import dt as dt_util
from tests.ha.makes import MAKES

from .world import World

# The same examples each time, so that a failure is one of the change at hand; WISHES=500 tries so many new ones of each make.
EXAMPLES = int(os.environ.get("WISHES", "40"))

# Some are one step of the charger apart.
AMPS = st.sampled_from([6, 7, 8, 10, 13, 16])
AMPS_OR_PAUSE = st.sampled_from([0, 6, 8, 13])
# Charge from ten to four o'clock only; or always, but then with 10 A at most.
WINDOW = {"start": "10:00", "end": "16:00"}
SCHEDULES: dict[str, dict[str, Any]] = {
    "choice": {"windows": [WINDOW], "outside": "allowed"},
    "window": {"windows": [WINDOW], "outside": "paused"},
    "ceiling": {"windows": [WINDOW | {"current": 10}], "outside": "allowed"},
}


class Wishes(RuleBasedStateMachine):
    """What was asked, in the words of whoever asked, beside a real Home Assistant with an emulated charger."""

    name: str

    @initialize(hour=st.sampled_from([8, 12]), scheduled=st.booleans(), amps=st.sampled_from([8, 16]))
    def begin(self, hour: int, scheduled: bool, amps: int) -> None:
        """Plug a car in, before the window or within it, with a limit of the owner's at the charger or without."""
        self.world = World(self.name, datetime(2026, 11, 20, hour, tzinfo=UTC))
        self.world.run(self.world.start())
        self.most_a = self.world.allows_a
        self.claims: dict[Source, Claim] = {}
        self.schedule: str | None = None
        self.baseline = Baseline(current_a=self.most_a)
        self.plugged_in = True
        self.limit_at_the_charger(amps)
        if scheduled:
            self.schedule_it("choice")

    def teardown(self) -> None:
        """Remove the entry at last: the charger has what its owner had set, within what a group allows."""
        if hasattr(self, "world"):
            world = self.world
            if world.is_loaded:
                world.mend()
                world.run(world.polls(2))
                world.run(world.remove())
                assert world.allows_a == self.expected_a(OWNERS)
            world.close()

    # The model

    def expected_a(self, sources: frozenset[Source] = frozenset(Source)) -> float:
        """Return what the charger is to allow, worked out by hand: the smallest of all that was asked."""
        self.refresh()
        hidden = {Source.SCHEDULE} if Source.OVERRIDE in self.claims else set()
        asked_a = {
            source: claim.current_a
            for source, claim in self.claims.items()
            if source in sources - hidden and claim.current_a is not None
        }
        if self.baseline.paused:
            return 0
        if Source.OWNER not in asked_a and self.baseline.current_a is not None:
            # What its owner has set at the charger; the owner's limit takes its place.
            asked_a[Source.OWNER] = self.baseline.current_a
        least_a = min([*asked_a.values(), self.most_a])
        return least_a if least_a >= 6 else 0

    @property
    def expects_choice(self) -> bool | None:
        """Return whether the charger is to have the choice of the window; None: it need not while it is paused."""
        if self.world.box.choice is None or self.expected_a() == 0:
            return None
        is_inside = 10 <= dt_util.utcnow().hour < 16
        return self.schedule == "choice" and is_inside and Source.OVERRIDE not in self.claims

    def refresh(self) -> None:
        """Let what has ended by the clock be over, and the schedule say what holds now."""
        timed = self.claims.get(Source.TIMED)
        if timed is not None and timed.until is not None and timed.until <= dt_util.utcnow():
            del self.claims[Source.TIMED]

    def permit(self) -> Claim | None:
        """Return what the schedule claims now."""
        hour = dt_util.utcnow().hour
        inside = 10 <= hour < 16
        if self.schedule == "window" and not inside:
            return Claim(source=Source.SCHEDULE, reason=Reason.SCHEDULED, pause=True)
        if self.schedule == "ceiling" and inside:
            return Claim(source=Source.SCHEDULE, reason=Reason.SCHEDULED, max_current_a=10)
        if self.schedule == "choice" and inside:
            return Claim(source=Source.SCHEDULE, reason=Reason.SCHEDULED, detail="choice")
        return None

    def put(self, source: Source, claim: Claim | None) -> None:
        """Replace a claim of the model."""
        self.claims.pop(source, None)
        if claim is not None:
            self.claims[source] = claim

    def edge(self) -> None:
        """End what a person did until the schedule changes."""
        before, now = self.claims.get(Source.SCHEDULE), self.permit()
        if before == now:
            return
        self.put(Source.SCHEDULE, now)
        for source, claim in tuple(self.claims.items()):
            if claim.ends_at_edge:
                limit = claim.max_current_a if source is Source.OWNER else None
                self.put(source, owners(limit) if limit else None)
        if now is None or not now.pause:
            self.baseline = replace(self.baseline, paused=False)

    # What a person wants

    @rule(amps=AMPS)
    def limit_for_good(self, amps: int) -> None:
        """Limit it."""
        self.do(self.world.act("set_current_limit", current=amps))
        owner = self.claims.get(Source.OWNER)
        paused = owner is not None and owner.pause
        self.put(Source.OWNER, replace(owner, max_current_a=amps) if owner and paused else owners(amps))
        self.put(Source.TIMED, None)

    @rule(amps=AMPS_OR_PAUSE, minutes=st.sampled_from([5, 90, 600]))
    def limit_for_a_time(self, amps: int, minutes: int) -> None:
        """Limit it for a time."""
        until = dt_util.utcnow() + timedelta(minutes=minutes)
        self.do(self.world.act("set_current_limit", current=amps, duration={"minutes": minutes}))
        timed = Claim(source=Source.TIMED, reason=Reason.TIMED_LIMIT, max_current_a=amps, until=until)
        self.put(Source.TIMED, timed)

    @rule(on=st.booleans())
    def allow(self, on: bool) -> None:
        """Use the switch."""
        self.do(self.world.switch(on))
        owner, override = self.claims.get(Source.OWNER), self.claims.get(Source.OVERRIDE)
        limit = None if owner is None else owner.max_current_a
        scheduled = self.schedule is not None
        if not on:
            pause = Claim(
                source=Source.OWNER,
                reason=Reason.PAUSED_BY_OWNER,
                pause=True,
                max_current_a=limit or None,
                ends_at_edge=scheduled,
            )
            self.put(Source.OWNER, pause)
            if override is not None and override.ends_at_edge:
                self.put(Source.OVERRIDE, None)
            return
        self.baseline = replace(self.baseline, paused=False)
        self.allowed_by_hand()

    def allowed_by_hand(self) -> None:
        """Take note that a person lets the car charge."""
        owner, timed = self.claims.get(Source.OWNER), self.claims.get(Source.TIMED)
        if owner is not None and owner.current_a == 0:
            self.put(Source.OWNER, owners(owner.max_current_a) if owner.max_current_a else None)
        if timed is not None and timed.current_a == 0:
            self.put(Source.TIMED, None)
        schedule = self.claims.get(Source.SCHEDULE)
        if schedule is not None and schedule.pause and Source.OVERRIDE not in self.claims:
            self.put(
                Source.OVERRIDE,
                Claim(source=Source.OVERRIDE, reason=Reason.OWN_MAXIMUM, ends_at_edge=True),
            )

    # The schedule

    @rule(which=st.sampled_from(sorted(SCHEDULES)))
    def schedule_it(self, which: str) -> None:
        """Set a week."""
        if which == "choice" and self.world.box.choice is None:
            return
        schedule = SCHEDULES[which]
        if which == "choice":
            schedule = schedule | {"windows": [WINDOW | dict(self.world.box.choice or {})]}
        self.do(self.world.act("set_schedule", executed_by="home_assistant", **schedule))
        self.schedule = which
        self.put(Source.OVERRIDE, None)
        self.edge()

    @precondition(lambda self: self.schedule is not None)
    @rule()
    def override(self) -> None:
        """Charge now."""
        self.do(self.world.act("override_schedule"))
        self.put(Source.OVERRIDE, Claim(source=Source.OVERRIDE, reason=Reason.OWN_MAXIMUM))
        self.baseline = replace(self.baseline, paused=False)
        self.allowed_by_hand()

    @rule(hour=st.sampled_from([10, 16]))
    def until(self, hour: int) -> None:
        """Wait until a window begins, or ends."""
        now = dt_util.utcnow()
        at = now.replace(hour=hour, minute=0, second=1, microsecond=0)
        if at <= now:
            at += timedelta(days=1)
        # Each edge on the way is one.
        for edge_hour in (10, 16):
            edge_at = now.replace(hour=edge_hour, minute=0, second=1, microsecond=0)
            if now < edge_at < at:
                self.pass_to(edge_at)
        self.pass_to(at)

    def pass_to(self, at: datetime) -> None:
        """Let time pass to a moment."""
        seconds = (at - dt_util.utcnow()).total_seconds()
        self.do(self.world.later(seconds=seconds))
        self.refresh()
        self.edge()

    # The plug

    @precondition(lambda self: self.plugged_in)
    @rule()
    def unplug(self) -> None:
        """Drive away, and let another car come."""
        self.world.emulator.press("unplug")
        self.do(self.world.polls(3))
        self.put(Source.OVERRIDE, None)
        self.world.emulator.press("plug_in")
        if self.world.allows_a:
            # A session that was stopped at the charger is over with the car.
            self.baseline = replace(self.baseline, paused=False)
        self.do(self.world.polls(2))

    # A group

    @rule(amps=st.sampled_from([0, 4, 6, 7, 11, 16, 40, math.nan]))
    def group_on(self, amps: int) -> None:
        """Let a group give it so much."""
        claim = Claim(source=Source.GROUP, reason=Reason.MAIN_FUSE, max_current_a=amps)
        self.do(self.world.group(claim))
        self.put(Source.GROUP, claim)

    @rule()
    def group_off(self) -> None:
        """Let the group go."""
        self.do(self.world.group(None))
        self.put(Source.GROUP, None)

    # A hand at the charger

    def can_be_told(self, amps: float | None) -> bool:
        """Wait until a current at the charger is none that its integration may still show of before; None: any but 0."""
        ack = self.world.control.core.ack
        for _ in range(3):
            if not (ack.may_fall_back if amps is None else ack.is_earlier(amps)):
                break
            self.pass_to(dt_util.utcnow() + timedelta(seconds=self.world.make.settles_s))
            self.settled()
        return amps is None or self.expected_a() > 0

    @precondition(lambda self: self.expected_a() > 0)
    @rule()
    def switch_off_at_the_charger(self) -> None:
        """Press its button."""
        if not self.can_be_told(0):
            return
        self.world.box.switch_off(self.world.emulator)
        self.do(self.world.polls(1))
        self.baseline = replace(self.baseline, paused=True)

    @precondition(lambda self: self.expected_a() == 0 and Source.GROUP not in self.claims)
    @rule()
    def switch_on_at_the_charger(self) -> None:
        """Press it again."""
        self.can_be_told(None)
        if self.expected_a() > 0:
            return
        self.world.box.switch_on(self.world.emulator)
        self.do(self.world.polls(1))
        self.baseline = replace(self.baseline, paused=False)
        self.allowed_by_hand()

    @precondition(lambda self: self.expected_a() > 0)
    @rule(amps=AMPS)
    def limit_at_the_charger(self, amps: int) -> None:
        """Turn it up or down at the charger."""
        if not self.can_be_told(amps):
            return
        before_a = self.expected_a()
        if self.world.box.limit is None or amps == before_a:
            return
        self.world.box.limit(self.world.emulator, amps)
        self.do(self.world.polls(self.world.box.polls))
        if all(claim.current_a is None for claim in self.claims.values()):
            self.baseline = replace(self.baseline, current_a=float(amps))
            return
        self.put(Source.TIMED, None)
        self.put(Source.OWNER, owners(amps))
        schedule = self.claims.get(Source.SCHEDULE)
        if schedule is not None and schedule.current_a is not None and schedule.current_a < amps:
            if Source.OVERRIDE not in self.claims:
                self.put(
                    Source.OVERRIDE,
                    Claim(source=Source.OVERRIDE, reason=Reason.OWN_MAXIMUM, ends_at_edge=True),
                )

    # What goes wrong

    @rule(count=st.integers(1, 3))
    def lose_commands(self, count: int) -> None:
        """Lose the next commands."""
        self.world.lose_commands(count)

    @rule(count=st.integers(1, 3))
    def ignore_commands(self, count: int) -> None:
        """Let the charger take the next commands without carrying them out."""
        self.world.ignore_commands(count)

    @rule(count=st.integers(1, 2))
    def lose_polls(self, count: int) -> None:
        """Lose one poll or two."""
        self.world.lose_all()
        self.do(self.world.polls(count))
        self.world.mend()

    @rule()
    def lose_the_line(self) -> None:
        """Lose the line for some minutes."""
        self.world.lose_all()
        for _ in range(4):
            self.do(self.world.later(seconds=40))
        self.refresh()
        self.edge()
        self.world.mend()

    @rule()
    def restart_the_charger(self) -> None:
        """Let the charger start again: it forgets what is not in its flash."""
        if self.world.box.reboot is not None:
            self.world.box.reboot(self.world.emulator)
            # It is gone for longer than a poll, which is lost.
            self.do(self.world.polls(1))
            self.world.emulator.advance(60)
            if self.world.allows_a:
                # It may forget that it was switched off at its button.
                self.baseline = replace(self.baseline, paused=False)
            self.do(self.world.polls(2))
            if not any(claim.current_a is not None for claim in self.claims.values()):
                # Nothing of ours was there to be sent again: what it has now, or after its pause, is what its owner has.
                load = self.world.control.load
                shown_a = self.world.allows_a or (None if load is None else load.set_a)
                self.baseline = replace(self.baseline, current_a=shown_a or self.baseline.current_a)

    @rule()
    def restart_home_assistant(self) -> None:
        """Let Home Assistant start again."""
        self.do(self.world.restart())

    @rule()
    def disable_and_enable(self) -> None:
        """Disable the entry for a while: meanwhile the charger has what its owner had set."""
        self.world.mend()
        self.settled()
        self.do(self.world.disable())
        assert self.world.allows_a == self.expected_a(OWNERS)
        self.do(self.world.enable())

    # What must hold

    def do(self, work: Any) -> None:
        """Do something in the world."""
        self.world.run(work)

    def settled(self) -> None:
        """Let commands that were lost be sent again, up to six times, with pauses that grow."""
        for _ in range(60):
            self.do(self.world.polls(1))
            self.refresh()
            self.edge()
            if self.does_it:
                break
        self.do(self.world.polls(1))

    @invariant()
    def does_what_was_asked(self) -> None:
        """Check that the charger allows the smallest of all that was asked, and has the mode or phases of the window."""
        if not hasattr(self, "world"):
            return
        self.settled()
        assert self.world.allows_a == self.expected_a()
        assert self.does_it

    @property
    def does_it(self) -> bool:
        """Return whether the charger does what was asked."""
        choice = self.expects_choice
        return self.world.allows_a == self.expected_a() and choice in (None, self.world.is_chosen)


OWNERS = frozenset({Source.OWNER, Source.GROUP, Source.SAFETY})


def owners(amps: float | None) -> Claim:
    """Return an owner's limit."""
    return Claim(source=Source.OWNER, reason=Reason.PERSONS_LIMIT, max_current_a=amps)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", MAKES)
def test_wishes(name: str) -> None:
    """Hold each make against what was asked."""

    class Machine(Wishes):
        pass

    Machine.name = name
    case: Callable[..., Any] = Machine.TestCase
    case.settings = settings(  # type: ignore[attr-defined]
        max_examples=EXAMPLES,
        stateful_step_count=15,
        deadline=None,
        derandomize="WISHES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    case().runTest()
