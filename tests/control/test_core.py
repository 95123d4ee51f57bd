"""The control of one charger without a charger: readings and claims in, a target out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.evse_pilot.chargers.types import Status
from custom_components.evse_pilot.control.acknowledgement import State, Verdict
from custom_components.evse_pilot.control.claim import Baseline, Claim, Reason, Source
from custom_components.evse_pilot.control.core import ControlCore
from custom_components.evse_pilot.control.hand import hand_until_edge, owner_pause, without_pause
from custom_components.evse_pilot.control.shown import Sent, Shown

from .boxes import shown

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OWNER, TIMED, SCHEDULE, OVERRIDE = Source.OWNER, Source.TIMED, Source.SCHEDULE, Source.OVERRIDE
GROUP, SAFETY = Source.GROUP, Source.SAFETY
REASONS = {
    OWNER: Reason.PERSONS_LIMIT,
    TIMED: Reason.TIMED_LIMIT,
    SCHEDULE: Reason.SCHEDULED,
    Source.PLAN: Reason.WAITING_FOR_CHEAP_HOUR,
    GROUP: Reason.MAIN_FUSE,
    SAFETY: Reason.GROUP_LEFT,
    OVERRIDE: Reason.OWN_MAXIMUM,
}


def claim(source: Source, current_a: float | None = None, **more: Any) -> Claim:
    """Return a claim of a source."""
    return Claim(source=source, reason=REASONS[source], max_current_a=current_a, **more)


class Box:
    """A charger that takes every command, and its core. Each reading is five seconds after the last."""

    def __init__(self, now: Shown | None = None) -> None:
        """Read it once."""
        self.core = ControlCore()
        self.t = 0.0
        self.now = shown(16) if now is None else now
        self.read()

    def read(self, **change: Any) -> Verdict:
        """Let something change at the charger, if so, and read it."""
        set_a = change.pop("set_a", None)
        paused = change.pop("paused", self.now.paused)
        load = self.now.load
        if set_a is not None:
            load = replace(load, set_a=set_a)
        load = replace(load, limit_a=0.0 if paused else load.set_a or 0.0)
        of_load = {key: change.pop(key) for key in ("status", "shows_pause") if key in change}
        load = replace(load, **of_load)
        self.now = replace(self.now, load=load, paused=paused, **change)
        self.t += 5
        self.core.read_plug(self.t, load.status)
        return self.core.read(self.t, self.now)

    def apply(self, *, read: bool = True) -> None:
        """Send the target, let the charger take it, and read it back."""
        core, target = self.core, self.core.command
        assert target is not None
        if not core.differs(target):
            core.adopt(target)
            return
        core.send(self.t, target)
        core.commands.accept(target)
        if not read:
            return
        change: dict[str, Any] = {"paused": target.current_a == 0}
        if target.current_a:
            change |= {"set_a": target.current_a}
            change |= {"mode": target.mode} if target.mode else {}
            change |= {"phases": target.phases} if target.phases else {}
        assert self.read(**change) in (Verdict.CONFIRMED, Verdict.UNCLAIMED)
        assert not core.differs(target)
        core.adopt(target)

    def claim(self, *claims: Claim, read: bool = True) -> None:
        """Claim and apply."""
        for each in claims:
            self.core.claim(each.source, each)
        self.apply(read=read)

    @property
    def target_a(self) -> float:
        """Return the current of the target."""
        target = self.core.target
        assert target is not None
        return target.current_a


# What was not commanded


def test_the_baseline_follows_what_the_owner_sets() -> None:
    """Without a command of ours whatever the charger shows is what its owner has set."""
    box = Box()
    assert box.read(set_a=10) is Verdict.UNCLAIMED
    assert box.core.baseline == Baseline(current_a=10)
    box.read(paused=True)
    assert box.core.baseline == Baseline(current_a=10, paused=True)
    assert box.target_a == 0
    box.read(paused=False, set_a=13)
    assert box.core.baseline == Baseline(current_a=13)
    assert not box.core.needs(box.t)


def test_the_baseline_follows_mode_and_phases() -> None:
    """They are the owner's as well."""
    box = Box(shown(16, mode="normal", phases=3))
    box.read(mode="solar", phases=1)
    assert box.core.baseline == Baseline(current_a=16, mode="solar", phases=1)
    assert not box.core.needs(box.t)


def test_the_baseline_does_not_follow_a_limit_while_one_is_claimed() -> None:
    """What the charger shows then is what was claimed."""
    box = Box()
    box.claim(claim(TIMED, 8))
    assert box.core.baseline.current_a == 16
    box.core.claim(TIMED, None)
    box.apply()
    assert box.now.set_a == 16


def test_the_baseline_does_not_follow_a_limit_before_the_claim_was_sent() -> None:
    """Nor while the command for it waits: what the owner had set is known by then."""
    box = Box()
    box.core.claim(SCHEDULE, claim(SCHEDULE, 8))
    assert box.read(set_a=13) is Verdict.UNCLAIMED
    assert box.core.baseline.current_a == 16


@pytest.mark.parametrize("source", [TIMED, OWNER])
def test_what_a_meter_of_its_own_allows_is_not_foreign(source: Source) -> None:
    """A charger that shows what something beside it leaves shows less than its limit; that is no hand, and no baseline."""
    box = Box(shown(16, shows_set=False, is_bounded=True))
    box.core.claim(source, claim(source, 9))
    box.core.send(box.t, replace_target(box, 9))
    box.core.commands.accept(replace_target(box, 9))
    box.now = shown(9, shows_set=False, is_bounded=True)
    assert box.core.read(10, box.now) is Verdict.CONFIRMED
    for current_a in (7, 9, 6):
        now = shown(current_a, shows_set=False, is_bounded=True)
        assert box.core.read(20, now) is Verdict.CONFIRMED
    assert source in box.core.claims
    assert box.core.baseline.current_a is None


def replace_target(box: Box, current_a: float) -> Any:
    """Return the target, which has this current."""
    target = box.core.target
    assert target is not None
    assert target.current_a == current_a
    return target


# A hand at the charger


@pytest.mark.parametrize("source", [TIMED, OWNER])
def test_a_limit_at_the_charger_is_the_owners_for_good(source: Source) -> None:
    """It ends a limit for a time, and takes the place of one for good."""
    box = Box()
    box.claim(claim(source, 8))
    assert box.read(set_a=13) is Verdict.FOREIGN
    assert TIMED not in box.core.claims
    owner = box.core.claims[OWNER]
    assert (owner.max_current_a, owner.reason, owner.until) == (13, Reason.CHARGER_LIMIT, None)
    assert box.target_a == 13


def test_a_limit_at_the_charger_above_that_of_the_schedule_overrides_it() -> None:
    """Until its next edge; afterwards the smaller of both."""
    box = Box()
    box.claim(claim(SCHEDULE, 8))
    box.read(set_a=13)
    assert box.target_a == 13
    assert box.core.claims[OVERRIDE].ends_at_edge
    box.core.claim(SCHEDULE, claim(SCHEDULE, 10))
    box.core.end_at_edge(allowed=True)
    assert box.target_a == 10
    box.core.claim(SCHEDULE, claim(SCHEDULE))
    box.core.end_at_edge(allowed=True)
    assert box.target_a == 13


def test_a_limit_at_the_charger_that_the_schedule_allows_overrides_nothing() -> None:
    """A person sets as much as the window has, and the next window is not theirs."""
    box = Box()
    box.claim(claim(SCHEDULE, 13), claim(TIMED, 8))
    box.read(set_a=13)
    assert box.target_a == 13
    assert OVERRIDE not in box.core.claims


def test_a_limit_at_the_charger_never_overrides_a_group() -> None:
    """The fuse is sent again; what the owner wants is kept for when the fuse allows it."""
    box = Box()
    box.claim(claim(GROUP, 8))
    assert box.read(set_a=16) is Verdict.FOREIGN
    assert box.core.claims[OWNER].max_current_a == 16
    assert OVERRIDE not in box.core.claims
    assert box.target_a == 8
    assert box.core.needs(box.t)


@pytest.mark.parametrize("source", [TIMED, SCHEDULE, GROUP, OWNER])
def test_off_at_the_charger_stands(source: Source) -> None:
    """Nothing of ours switches it on; whatever else changes, only the edge, the plug and a person do."""
    box = Box()
    box.claim(claim(source, 8))
    assert box.read(paused=True) is Verdict.FOREIGN
    assert source in box.core.claims
    box.core.claim(source, claim(source, 10))
    assert box.target_a == 0
    assert not box.core.needs(box.t)
    box.read(paused=False)
    assert box.core.baseline == Baseline(current_a=16)
    assert box.target_a == 10


def test_off_at_the_charger_ends_with_the_next_window() -> None:
    """When the schedule allows charging anew, it does."""
    box = Box()
    box.claim(claim(SCHEDULE))
    box.read(paused=True)
    box.core.claim(SCHEDULE, claim(SCHEDULE, pause=True))
    box.core.end_at_edge(allowed=False)
    assert box.core.baseline.paused
    box.core.claim(SCHEDULE, claim(SCHEDULE))
    box.core.end_at_edge(allowed=True)
    assert box.target_a == 16
    assert box.core.needs(box.t)


def test_a_window_does_not_authorize_a_car() -> None:
    """A charger that waits for a card is not switched on by an edge."""
    box = Box()
    box.claim(claim(SCHEDULE))
    box.read(paused=True, status=Status.AWAITING_AUTHORIZATION)
    box.core.end_at_edge(allowed=True)
    assert box.core.baseline.paused


def test_on_at_the_charger_while_the_schedule_pauses() -> None:
    """A person lets the car charge until the schedule changes."""
    box = Box()
    box.claim(claim(SCHEDULE, pause=True))
    assert box.now.paused
    assert box.read(paused=False) is Verdict.FOREIGN
    assert box.core.claims[OVERRIDE] == hand_until_edge()
    assert box.target_a == 16
    box.apply()
    assert not box.core.needs(box.t)
    box.core.end_at_edge(allowed=False)
    assert box.target_a == 0


def test_a_limit_at_the_charger_while_its_owner_pauses_it() -> None:
    """The pause stays, and the limit is kept for after it."""
    box = Box()
    box.claim(owner_pause({}))
    assert box.core.ack.state is State.CONFIRMED
    box.t += 60
    box.read(set_a=10)
    owner = box.core.claims[OWNER]
    assert (owner.pause, owner.max_current_a, box.target_a) == (True, 10, 0)
    left = without_pause(owner)
    assert left is not None
    assert (left.current_a, left.reason) == (10, Reason.PERSONS_LIMIT)


@pytest.mark.parametrize("excused", [False, True])
def test_on_again_at_the_charger_while_the_schedule_pauses(excused: bool) -> None:
    """Where a person has switched it off before, as well; but a charger that starts again is no person."""
    box = Box()
    box.claim(claim(SCHEDULE))
    box.read(paused=True)
    box.core.claim(SCHEDULE, claim(SCHEDULE, pause=True))
    box.core.claim(TIMED, claim(TIMED, 10))
    box.core.end_at_edge(allowed=False)
    if excused:
        box.core.unsettle(box.t)
    box.read(paused=False)
    assert not box.core.baseline.paused
    assert (OVERRIDE in box.core.claims) is not excused
    assert box.target_a == (0 if excused else 10)


@pytest.mark.parametrize(
    ("paused", "left"),
    [
        (claim(OWNER, pause=True), None),
        (claim(OWNER, 0), None),
        (claim(OWNER, 10, pause=True), 10),
    ],
)
def test_on_at_the_charger_while_its_owner_pauses_it(paused: Claim, left: float | None) -> None:
    """The later word counts; the limit stays."""
    box = Box()
    box.claim(paused)
    box.read(paused=False)
    owner = box.core.claims.get(OWNER)
    assert (None if owner is None else owner.max_current_a) == left
    assert box.target_a == (left or 16)


def test_on_at_the_charger_while_a_pause_for_a_time_holds() -> None:
    """It is over."""
    box = Box()
    box.claim(claim(TIMED, 0))
    box.read(paused=False)
    assert TIMED not in box.core.claims
    assert box.target_a == 16


def test_on_at_the_charger_while_a_group_pauses_it() -> None:
    """The fuse is never overridden."""
    box = Box()
    box.claim(claim(GROUP, 0))
    box.read(paused=False)
    assert box.target_a == 0
    assert box.core.needs(box.t)


@pytest.mark.parametrize("change", [{"set_a": 13}, {"paused": False}])
def test_a_hand_ends_the_safe_current_that_a_group_left(change: dict[str, Any]) -> None:
    """There is no group any more that would know better; what keeps a silent meter safe stays."""
    box = Box()
    box.claim(claim(SAFETY, 0 if "paused" in change else 6))
    box.read(**change)
    assert SAFETY not in box.core.claims
    box = Box()
    box.claim(replace(claim(SAFETY, 0 if "paused" in change else 6), reason=Reason.METER_SILENT))
    box.read(**change)
    assert SAFETY in box.core.claims


def test_three_in_ten_minutes_are_two_masters() -> None:
    """Each is sent again, and counted."""
    box = Box()
    for _ in range(3):
        box.t += 60
        box.claim(claim(GROUP, 8))
        assert not box.core.foreign.is_second_master(box.t)
        assert box.read(set_a=16) is Verdict.FOREIGN
    assert box.core.foreign.is_second_master(box.t)


def change_at_the_box(intervals_s: list[float]) -> Box:
    """Return a box whose limit was changed after each of these times, each time after a command of ours."""
    box = Box()
    for interval_s in intervals_s:
        box.t += interval_s
        box.claim(claim(GROUP, 8))
        assert box.read(set_a=16) is Verdict.FOREIGN
    return box


@pytest.mark.parametrize("intervals_s", [[40, 35, 55, 90], [60, 45, 75], [60, 120, 300]])
def test_f8_a_person_at_the_page_of_the_box_is_no_second_master(intervals_s: list[float]) -> None:
    """Who tries several limits in a few minutes is not regular."""
    box = change_at_the_box(intervals_s)
    assert not box.core.foreign.is_second_master(box.t)


@pytest.mark.parametrize(
    "intervals_s", [[60, 60, 60], [60, 65, 60], [200, 190, 205], [60, 40, 70, 35, 90, 45]]
)
def test_f8_a_program_is_regular_or_never_stops(intervals_s: list[float]) -> None:
    """It is read up to a poll too late; and one that changes the limit six times in ten minutes is one all the same."""
    box = change_at_the_box(intervals_s)
    assert box.core.foreign.is_second_master(box.t)


def test_a14_what_we_command_is_never_foreign() -> None:
    """However often a person uses our own controls, there is no second master."""
    box = Box()
    for current_a in (8, 16, 10, 12, 8, 16):
        box.t += 60
        box.claim(claim(OWNER, current_a))
        box.read()
    assert not box.core.foreign.is_second_master(box.t)


@pytest.mark.parametrize(("key", "value", "own"), [("mode", "solar", "normal"), ("phases", 1, 3)])
def test_mode_and_phases_by_hand_stand_until_the_next_edge(key: str, value: Any, own: Any) -> None:
    """A person who chooses another one while the schedule has one is not undone by it."""
    box = Box(shown(16, mode="normal", phases=3))
    box.claim(claim(SCHEDULE, **{key: value}))
    assert getattr(box.now, key) == value
    box.read(**{key: own})
    assert getattr(box.core.claims[SCHEDULE], key) is None
    assert not box.core.needs(box.t)


def test_mode_and_phases_of_the_schedule_stay_until_a_person_chooses() -> None:
    """Each reading confirms them, and takes nothing from the schedule."""
    box = Box(shown(16, mode="normal", phases=3))
    box.claim(claim(SCHEDULE, mode="solar", phases=1))
    for _ in range(3):
        assert box.read() is Verdict.UNCLAIMED
    assert (box.core.claims[SCHEDULE].mode, box.core.claims[SCHEDULE].phases) == ("solar", 1)
    box.read(mode="normal")
    assert (box.core.claims[SCHEDULE].mode, box.core.claims[SCHEDULE].phases) == (None, 1)


def test_a_window_with_the_owners_own_mode_gives_way_to_a_person() -> None:
    """What was commanded last was theirs before; another choice at the charger is theirs now."""
    box = Box(shown(16, mode="normal", phases=3))
    for mode, phases in (("solar", 1), ("normal", 3)):
        box.claim(claim(SCHEDULE, mode=mode, phases=phases))
    box.read()
    box.read(mode="solar", phases=1)
    assert (box.core.claims[SCHEDULE].mode, box.core.claims[SCHEDULE].phases) == (None, None)
    assert not box.core.needs(box.t)


def test_after_the_schedule_mode_and_phases_are_the_owners_again() -> None:
    """Once those of the owner are back, what is chosen at the charger is the owner's."""
    box = Box(shown(16, mode="normal", phases=3))
    box.claim(claim(SCHEDULE, mode="solar", phases=1))
    box.core.claim(SCHEDULE, None)
    box.apply()
    # Nothing of ours holds any more, that a restart of Home Assistant would have to come back to.
    sent = box.core.commands.sent(Sent())
    assert (sent.mode, sent.phases) == (False, False)
    box.read(mode="smart", phases=1)
    assert (box.core.baseline.mode, box.core.baseline.phases) == ("smart", 1)
    assert not box.core.needs(box.t)


def test_mode_and_phases_before_the_schedule_come_back() -> None:
    """What the schedule took is the baseline."""
    box = Box(shown(16, mode="normal", phases=3))
    box.claim(claim(SCHEDULE, mode="solar", phases=1))
    box.core.claim(SCHEDULE, None)
    assert box.core.needs(box.t)
    box.apply()
    assert (box.now.mode, box.now.phases) == ("normal", 3)


def test_what_is_read_while_a_command_is_on_its_way_is_not_the_owners_mode() -> None:
    """Phases or a mode may be those of a command that was not noted yet."""
    box = Box(shown(16, mode="normal", phases=3))
    box.core.read(box.t + 1, replace(box.now, mode="solar", phases=1), is_settled=False)
    assert (box.core.baseline.mode, box.core.baseline.phases) == ("normal", 3)


@pytest.mark.parametrize("source", [TIMED, OWNER, GROUP])
def test_a_limit_that_goes_with_the_mode_is_not_foreign(source: Source) -> None:
    """A charger may drop its limit when its mode changes, whatever changed that: it is sent again."""
    box = Box(shown(16, mode="normal"))
    box.claim(claim(source, 8))
    assert box.read(set_a=16, mode="solar") is Verdict.NOT_TAKEN
    assert box.core.claims == {source: claim(source, 8)}
    assert box.core.needs(box.t)
    box.apply()
    assert box.read(paused=True, mode="normal") is Verdict.FOREIGN
    assert box.core.baseline.paused


# What was lost


def test_a3_what_was_taken_is_confirmed_by_a_reading_alone() -> None:
    """A command that the charger took needs no second one, and is not known to hold before it is read."""
    box = Box()
    box.claim(claim(GROUP, 8), read=False)
    target = box.core.command
    assert target is not None and not box.core.differs(target)
    box.core.adopt(target)
    assert box.read() is Verdict.NOT_TAKEN


def test_a_pause_that_was_taken_is_to_be_ended_before_it_is_read() -> None:
    """The next limit has to resume it, though the last reading still shows that it charges."""
    box = Box()
    box.claim(claim(TIMED, pause=True), read=False)
    box.core.claim(TIMED, None)
    target = box.core.command
    assert target is not None and not box.now.paused
    assert box.core.presumed(target).paused


@pytest.mark.parametrize("source", [TIMED, OWNER, SCHEDULE, GROUP])
def test_a3_a_lost_command_is_sent_again(source: Source) -> None:
    """A charger that shows the old limit has not taken it; its owner has changed nothing."""
    box = Box()
    box.claim(claim(source, 8))
    box.claim(claim(source, 12), read=False)
    assert box.read() is Verdict.NOT_TAKEN
    assert box.core.claims == {source: claim(source, 12)}
    assert not box.core.foreign.is_second_master(box.t)
    assert box.core.needs(box.t)
    box.apply()
    assert box.now.set_a == 12


def test_a3_a_lost_resumption_is_sent_again() -> None:
    """A charger that is still paused was not switched off by its owner."""
    box = Box()
    box.claim(claim(SCHEDULE, pause=True))
    box.claim(claim(SCHEDULE), read=False)
    for _ in range(3):
        assert box.read() is Verdict.NOT_TAKEN
    assert not box.core.baseline.paused
    assert box.core.needs(box.t)
    box.apply()
    assert not box.now.paused


def test_a2_after_a_restart_it_is_sent_again() -> None:
    """A charger that has forgotten its limit is not one whose owner has changed it."""
    box = Box()
    box.claim(claim(TIMED, 8))
    box.core.unsettle(box.t)
    assert box.read(set_a=16) is Verdict.NOT_TAKEN
    assert box.core.claims == {TIMED: claim(TIMED, 8)}
    box.apply()
    assert box.now.set_a == 8


@pytest.mark.parametrize("status", [Status.FAULT, Status.UPDATING])
def test_a_charger_in_a_fault_changes_its_limit_itself(status: Status) -> None:
    """It is sent again afterwards."""
    box = Box()
    box.claim(claim(TIMED, 8))
    assert box.read(set_a=16, status=status) is Verdict.NOT_TAKEN
    assert TIMED in box.core.claims


def test_a_restart_of_home_assistant_sends_it_again() -> None:
    """What was stored as sent holds, or is sent again; a difference is nobody's."""
    box = Box()
    box.core = ControlCore()
    box.core.claims, box.core.sent_before = {TIMED: claim(TIMED, 8)}, Sent(current=True)
    box.core.baseline = Baseline(current_a=16)
    assert box.read(set_a=8) is Verdict.CONFIRMED
    assert box.read(set_a=13) is Verdict.FOREIGN
    box.core = ControlCore()
    box.core.claims, box.core.sent_before = {TIMED: claim(TIMED, 8)}, Sent(current=True)
    box.core.baseline = Baseline(current_a=16)
    assert box.read(set_a=16) is Verdict.NOT_TAKEN
    assert box.core.needs(box.t)
    assert box.core.baseline.current_a == 16


@pytest.mark.parametrize(("asked_a", "expected"), [(7, Verdict.NOT_TAKEN), (6.5, Verdict.CONFIRMED)])
def test_what_was_sent_before_a_restart_of_home_assistant_is_not_taken_for_rounding(
    asked_a: float, expected: Verdict
) -> None:
    """A limit for a time of 6 A that has ended meanwhile is not what a charger makes of 7 A."""
    box = Box()
    box.core = ControlCore()
    box.core.claims = {SCHEDULE: claim(SCHEDULE, asked_a)}
    box.core.sent_before, box.core.baseline = Sent(current=True, limit_a=6), Baseline(current_a=16)
    assert box.read(set_a=6) is expected
    assert box.core.needs(box.t) is (expected is Verdict.NOT_TAKEN)


@pytest.mark.parametrize("change", [{"set_a": 7}, {"paused": True}])
def test_f19_a_stored_claim_of_a_group_raises_nothing(change: dict[str, Any]) -> None:
    """It may be older than the last command; the group raises the charger when it has read its meter."""
    box = Box()
    box.core = ControlCore()
    box.core.claims = {GROUP: claim(GROUP, 11)}
    box.core.sent_before, box.core.baseline = Sent(current=True), Baseline(current_a=16)
    assert box.read(**change) is Verdict.CONFIRMED
    assert not box.core.needs(box.t)
    assert box.core.baseline == Baseline(current_a=16)
    assert box.core.own_target is not None
    assert box.core.own_target.current_a == 16


def test_f19_a_charger_that_restarted_with_home_assistant_is_lowered_at_once() -> None:
    """It has its full current again, and what was stored is all that is known by then."""
    box = Box()
    box.core = ControlCore()
    box.core.claims = {GROUP: claim(GROUP, 7)}
    box.core.sent_before, box.core.baseline = Sent(current=True, confirmed_a=7), Baseline(current_a=16)
    assert box.read(set_a=16) is Verdict.NOT_TAKEN
    assert box.core.needs(box.t)
    assert box.target_a == 7


def test_a_restart_of_home_assistant_with_nothing_sent_takes_what_is_there() -> None:
    """A limit that was set at the charger meanwhile is its owner's."""
    box = Box()
    box.core = ControlCore()
    box.core.baseline = Baseline(current_a=16)
    box.read(set_a=10)
    assert box.core.baseline.current_a == 10
    assert not box.core.needs(box.t)


def restarted(claims: dict[Source, Claim], sent: Sent, baseline: Baseline | None = None) -> Box:
    """Return a charger with 16 A, of which this was stored before a restart of Home Assistant."""
    box = Box()
    box.core = ControlCore()
    box.core.claims, box.core.sent_before = claims, sent
    box.core.baseline = baseline or Baseline(current_a=16)
    return box


@pytest.mark.parametrize(
    ("set_a", "verdict", "owner_a"),
    [(7, Verdict.FOREIGN, 7), (10, Verdict.CONFIRMED, None), (16, Verdict.NOT_TAKEN, None)],
)
def test_what_a_person_lowered_while_home_assistant_was_off(
    set_a: float, verdict: Verdict, owner_a: float | None
) -> None:
    """Less than was read back is a person's; what a charger makes of it is not, nor is more, which is sent again."""
    box = restarted({GROUP: claim(GROUP, 10.5)}, Sent(current=True, confirmed_a=10.5))
    assert box.read(set_a=set_a) is verdict
    owner = box.core.claims.get(OWNER)
    assert (None if owner is None else owner.max_current_a) == owner_a
    assert box.core.claims[GROUP].current_a == 10.5


@pytest.mark.parametrize(("owner_a", "left_a"), [(7, 11), (9, 7)])
def test_f19_another_claim_for_which_it_shows_no_more(owner_a: float, left_a: float) -> None:
    """The claim of the group is only lowered where nothing else explains what is shown."""
    box = restarted({GROUP: claim(GROUP, 11), OWNER: claim(OWNER, owner_a)}, Sent(current=True))
    box.read(set_a=7)
    assert box.core.claims[GROUP].current_a == left_a
    assert box.target_a == 7


def test_what_was_switched_off_before_a_restart_is_no_pause_of_ours() -> None:
    """It stays off, and is switched on by whoever switched it off."""
    box = restarted({TIMED: claim(TIMED, 8)}, Sent(current=True), Baseline(current_a=16, paused=True))
    assert box.read(paused=True) is Verdict.UNCLAIMED
    assert not box.core.needs(box.t)
    box.read(paused=False)
    assert box.target_a == 8


def test_what_is_claimed_before_the_first_reading_is_not_what_the_charger_has() -> None:
    """Nothing was sent yet, so that what it shows is its owner's."""
    box = Box()
    box.core = ControlCore()
    box.core.claim(TIMED, claim(TIMED, 8))
    box.read(set_a=10)
    assert box.core.baseline.current_a == 10
    box.core.claim(TIMED, None)
    assert box.target_a == 10


# The plug


def test_a5_an_override_outlives_one_reading_without_a_car() -> None:
    """A pilot that reads "no car" once ends nothing."""
    box = Box()
    box.claim(claim(SCHEDULE, pause=True), claim(OVERRIDE))
    box.read(status=Status.DISCONNECTED)
    box.read(status=Status.CHARGING)
    assert OVERRIDE in box.core.claims
    assert box.target_a == 16
    box.read(status=Status.DISCONNECTED)
    box.read(status=Status.DISCONNECTED)
    assert OVERRIDE not in box.core.claims
    assert box.target_a == 0


def test_a_hand_ends_with_the_plug() -> None:
    """A person who let one car charge against the schedule did not mean the next one."""
    box = Box()
    box.claim(claim(SCHEDULE, pause=True))
    box.read(paused=False)
    assert OVERRIDE in box.core.claims
    for _ in range(2):
        box.read(status=Status.DISCONNECTED)
    assert OVERRIDE not in box.core.claims


def test_an_override_before_the_car_stands() -> None:
    """One that was asked for without a car is for the next one."""
    box = Box(shown(16, status=Status.DISCONNECTED))
    box.claim(claim(SCHEDULE, pause=True), claim(OVERRIDE))
    box.read(status=Status.CONNECTED)
    assert box.target_a == 16


def test_n6_the_owners_no_holds_for_the_next_car() -> None:
    """Also on a charger that has nothing to pause before a car is there, and starts by itself."""
    box = Box(shown(16, status=Status.DISCONNECTED, shows_pause=False))
    box.core.claim(OWNER, claim(OWNER, pause=True))
    box.t += 1000
    assert not box.core.needs(box.t)
    box.read(status=Status.CHARGING, shows_pause=True)
    assert box.core.needs(box.t)
    box.apply()
    assert box.now.paused
    # The car leaves: what the charger shows then is no hand that has switched it on.
    box.read(status=Status.DISCONNECTED, shows_pause=False, paused=False)
    box.read(status=Status.CHARGING, shows_pause=True)
    assert OWNER in box.core.claims
    assert box.core.needs(box.t)


@pytest.mark.parametrize("by", [GROUP, SCHEDULE])
def test_a_car_that_comes_to_a_group_finds_the_minimum(by: Source) -> None:
    """Where nothing can be paused before it is there: what it draws until then must fit."""
    box = Box(shown(16, status=Status.DISCONNECTED, shows_pause=False))
    box.claim(claim(GROUP, 10), claim(by, pause=True))
    assert box.target_a == 0
    assert (box.now.set_a, box.now.paused) == (6, False)
    assert not box.core.needs(box.t)
    box.read(status=Status.CHARGING, shows_pause=True)
    box.apply()
    assert box.now.paused
    box.claim(claim(GROUP, 10))
    box.core.claim(SCHEDULE, None)
    box.apply()
    assert (box.now.set_a, box.now.paused) == (10, False)
    box.core.claim(GROUP, None)
    box.apply()
    assert box.now.set_a == 16


def test_what_is_off_before_a_car_comes_is_not_switched_on_for_the_minimum() -> None:
    """A session that does not begin by itself needs no other limit."""
    box = Box(shown(16, status=Status.DISCONNECTED, shows_pause=False, paused=True))
    box.core.claim(GROUP, claim(GROUP, 0))
    command = box.core.command
    assert command is not None
    assert command.current_a == 0


# Time, edges and the end of a schedule


def test_a_limit_for_a_time_ends_once() -> None:
    """At its moment, and not before."""
    core = ControlCore()
    core.claim(TIMED, claim(TIMED, 8, until=NOW))
    assert not core.end_timed(NOW - timedelta(seconds=1))
    assert core.end_timed(NOW)
    assert not core.end_timed(NOW)
    core.claim(TIMED, claim(TIMED, 8))
    assert not core.end_timed(NOW)


def test_an_owners_pause_until_the_edge_leaves_the_limit() -> None:
    """The limit was for good."""
    core = ControlCore()
    core.claim(OWNER, claim(OWNER, 10))
    core.claim(SCHEDULE, claim(SCHEDULE))
    core.claim(OWNER, owner_pause(core.claims))
    assert core.claims[OWNER].ends_at_edge
    core.end_at_edge(allowed=True)
    assert core.claims[OWNER] == claim(OWNER, 10)


def test_an_owners_pause_without_a_schedule_is_for_good() -> None:
    """No edge will come."""
    core = ControlCore()
    core.claim(OWNER, owner_pause(core.claims))
    core.end_at_edge(allowed=True)
    assert core.claims[OWNER].pause


def test_the_end_of_a_schedule_keeps_what_a_person_did() -> None:
    """A car that may charge by hand may charge now; one that was switched off stays off, for good."""
    core = ControlCore()
    core.claim(SCHEDULE, claim(SCHEDULE, pause=True))
    core.claim(OVERRIDE, hand_until_edge())
    core.claim(OWNER, owner_pause(core.claims))
    core.end_source(SCHEDULE)
    assert core.claims.keys() == {OWNER}
    assert core.claims[OWNER].pause
    assert not core.claims[OWNER].ends_at_edge
    core.claim(OVERRIDE, claim(OVERRIDE))
    core.end_source(SCHEDULE)
    assert OVERRIDE in core.claims


def test_what_a_person_did_ends_with_the_edge_of_what_is_left() -> None:
    """A schedule beside a plan that ends still has an edge at which a car that was switched off charges again."""
    core = ControlCore()
    core.claim(SCHEDULE, claim(SCHEDULE, pause=True))
    core.claim(Source.PLAN, claim(Source.PLAN, pause=True))
    core.claim(OWNER, owner_pause(core.claims))
    core.end_source(Source.PLAN)
    assert core.claims[OWNER].ends_at_edge
    core.end_source(SCHEDULE)
    assert not core.claims[OWNER].ends_at_edge


@pytest.mark.parametrize(
    ("owner", "left"),
    [
        (claim(OWNER, pause=True), None),
        (claim(OWNER, 0), None),
        (claim(OWNER, 9, pause=True, ends_at_edge=True), claim(OWNER, 9)),
    ],
)
def test_without_pause(owner: Claim, left: Claim | None) -> None:
    """A limit above 0 stays, 0 is a pause."""
    assert without_pause(owner) == left


# What is sent


def test_nothing_is_known_before_the_first_reading() -> None:
    """There is no target, so nothing is sent."""
    core = ControlCore()
    core.claim(OWNER, claim(OWNER, 8))
    assert core.target is None
    assert core.own_target is None
    assert not core.needs(0)
    of_another = Box().core.target
    assert of_another is not None
    assert not core.differs(of_another)


def test_what_a_group_may_give_at_most() -> None:
    """The target without the fuse."""
    box = Box()
    box.core.claim(OWNER, claim(OWNER, 13))
    box.core.claim(GROUP, claim(GROUP, 7))
    box.core.claim(SAFETY, claim(SAFETY, 6))
    assert box.target_a == 6
    assert box.core.own_target is not None
    assert box.core.own_target.current_a == 13


def test_what_the_charger_has_already_is_taken_for_sent() -> None:
    """No command is needed, and a change of it is noticed."""
    box = Box()
    box.core.claim(TIMED, claim(TIMED, 16))
    assert box.core.needs(box.t)
    box.apply()
    assert box.core.ack.state is State.CONFIRMED
    assert not box.core.needs(box.t)
    assert box.read(set_a=10) is Verdict.FOREIGN


def test_the_same_claim_again_changes_nothing() -> None:
    """A claim is replaced by another one only."""
    core = ControlCore()
    assert core.claim(OWNER, claim(OWNER, 8))
    assert not core.claim(OWNER, claim(OWNER, 8))
    assert core.claim(OWNER, None)
    assert not core.claim(OWNER, None)


def test_a_mode_is_not_sent_to_a_charger_that_is_paused() -> None:
    """It might let the car charge."""
    box = Box(shown(16, mode="normal", phases=3))
    box.claim(claim(SCHEDULE, pause=True, mode="solar", phases=1))
    assert box.now.paused
    assert not box.core.needs(box.t + 1000)
    assert (box.now.mode, box.now.phases) == ("normal", 3)


def test_commands_keep_the_pace_of_a_cloud() -> None:
    """What is wanted when the next command may leave is sent then, and nothing in between."""
    box = Box()
    box.core.pace_s = 60
    box.core.claim(GROUP, claim(GROUP, 10.0))
    box.apply()
    assert box.now.set_a == 10
    sent_s = box.t - 5
    for amps in (6.0, 8.0, 7.0):
        box.core.claim(GROUP, claim(GROUP, amps))
        box.read()
        assert not box.core.needs(box.t)
        assert box.core.held_s(box.t) == sent_s + 60 - box.t
    box.t = sent_s + 60
    assert box.core.held_s(box.t) == 0
    box.apply()
    assert box.now.set_a == 7


# A charger that may show once more what it had


def slow_box() -> Box:
    """Return a charger whose integration may show the value of before for 30 s after a command."""
    box = Box()
    box.core.commands.settles_in(30)
    return box


def test_a_hand_is_noticed_while_the_last_command_may_fall_back() -> None:
    """A limit that was there before is sent again, and any other one is a person's."""
    box = slow_box()
    box.claim(claim(TIMED, 8))
    assert box.read(set_a=16) is Verdict.NOT_TAKEN
    assert TIMED in box.core.claims
    assert box.read(set_a=11) is Verdict.FOREIGN
    assert box.core.claims == {OWNER: replace(claim(OWNER, 11), reason=Reason.CHARGER_LIMIT)}


def test_what_an_ended_claim_left_is_not_the_owners_when_it_falls_back() -> None:
    """What the owner had set is restored once it can only stay, and sent again where it does not."""
    box = slow_box()
    box.claim(claim(TIMED, 8))
    box.t += 60
    box.read()
    box.core.claim(TIMED, None)
    box.apply()
    assert box.read(set_a=8) is Verdict.NOT_TAKEN
    assert box.core.baseline == Baseline(current_a=16)
    box.t += 30
    assert box.core.needs(box.t)
    box.apply()
    box.t += 30
    box.read()
    assert box.core.ack.state is State.IDLE
    assert box.read(set_a=13) is Verdict.UNCLAIMED
    assert box.core.baseline == Baseline(current_a=13)


def test_phases_of_an_ended_claim_are_not_the_owners_when_they_fall_back() -> None:
    """The same holds of the number of phases."""
    box = Box(shown(16, phases=3))
    box.core.commands.settles_in(30)
    box.claim(claim(SCHEDULE, phases=1))
    box.t += 60
    box.read()
    box.core.claim(SCHEDULE, None)
    box.apply()
    box.read(phases=1)
    assert box.core.baseline.phases == 3


@pytest.mark.parametrize(("set_a", "is_hand"), [(16, False), (8, False), (11, True)])
def test_a_limit_of_a_pause_that_may_fall_back(set_a: float, is_hand: bool) -> None:
    """A limit that is shown during a pause is the owner's if it was not there before."""
    box = slow_box()
    box.claim(claim(TIMED, 8))
    box.claim(claim(OWNER, pause=True))
    box.read(set_a=16 if set_a == 8 else 8)
    box.read(set_a=set_a)
    assert (box.core.claims[OWNER].max_current_a == set_a) is is_hand


def test_a_limit_of_ours_that_is_shown_during_a_pause_is_no_hand() -> None:
    """A command whose answer was lost may be carried out all the same, and a slow box reads its limit seldom."""
    box = Box()
    box.claim(claim(GROUP, 7))
    box.core.claim(GROUP, claim(GROUP, 6))
    lost = box.core.command
    assert lost is not None
    box.core.send(box.t, lost)
    box.claim(claim(GROUP, pause=True))
    box.read(set_a=6)
    assert box.core.claims == {GROUP: claim(GROUP, pause=True)}
    box.read(set_a=8)
    assert box.core.claims[OWNER].max_current_a == 8


def test_a_cloud_that_allows_charging_before_it_sets_the_limit() -> None:
    """The limit beneath a pause was there before, although no car could have it."""
    box = slow_box()
    box.claim(claim(OWNER, pause=True))
    box.t += 60
    box.read()
    box.core.claim(OWNER, claim(OWNER, 8))
    box.apply()
    assert box.read(set_a=16) is Verdict.NOT_TAKEN
    assert box.core.claims == {OWNER: claim(OWNER, 8)}
    assert box.read(set_a=8) is Verdict.CONFIRMED


# What is above what was commanded


def test_only_more_than_what_is_confirmed_is_a_rise() -> None:
    """A rise may wait; what is not known yet, or not commanded, is none."""
    box = Box()
    target = box.core.target
    assert target is not None
    assert not box.core.raises(replace(target, current_a=16))
    box.claim(claim(GROUP, 10))
    for current_a, is_rise in ((9, False), (10, False), (11, True)):
        assert box.core.raises(replace(target, current_a=current_a)) is is_rise
    assert not box.core.raises(None)
    box.core.unsettle(box.t)
    assert not box.core.raises(replace(target, current_a=11))


def test_how_long_a_charger_takes_to_follow() -> None:
    """One of the house at once; a cloud half of its pace, as a rule, and ten seconds."""
    core = ControlCore()
    assert core.answers_s == 0
    core.pace_s = 60
    assert core.answers_s == 40


# A limit beneath a pause, after a restart of the charger


@pytest.mark.parametrize(("after_restart_a", "left_a"), [(16, 10), (10, 10), (8, 8)])
def test_a_person_who_switches_on_a_charger_that_forgot_its_limit(
    after_restart_a: float, left_a: float
) -> None:
    """It had more beneath the pause before: that is not what its owner has set, and the owner's limit is sent."""
    box = Box(shown(10))
    box.claim(claim(OWNER, pause=True))
    box.core.unsettle(box.t)
    box.read(set_a=after_restart_a)
    box.t += 60
    assert box.read(paused=False) is Verdict.FOREIGN
    assert box.core.claims == {}
    box.apply()
    assert box.now.set_a == left_a


def test_a_limit_that_is_set_as_it_is_switched_on_is_the_owners() -> None:
    """It was not there beneath the pause."""
    box = Box(shown(10))
    box.claim(claim(OWNER, pause=True))
    box.t += 60
    box.read(paused=False, set_a=16)
    box.apply()
    assert (box.target_a, box.now.set_a) == (16, 16)


# Whose a charger is that was switched at it


def test_what_is_switched_on_at_the_charger_is_the_owners_again() -> None:
    """Nothing is claimed any more, so that a limit is what the owner sets, and no hand against ours."""
    box = Box()
    box.claim(claim(OWNER, pause=True))
    assert box.read(paused=False) is Verdict.FOREIGN
    assert box.core.claims == {}
    assert box.read(set_a=13) is Verdict.UNCLAIMED
    assert box.core.baseline == Baseline(current_a=13)


def test_off_and_on_again_at_the_charger() -> None:
    """Also where our limit is above the one that its owner had set at it."""
    box = Box(shown(6))
    box.claim(claim(OWNER, 8))
    assert box.read(paused=True) is Verdict.FOREIGN
    assert box.read(paused=False) is Verdict.UNCLAIMED
    assert box.target_a == 8


def test_on_at_the_charger_keeps_the_limit_of_the_schedule() -> None:
    """A person wants it to charge, not more than that."""
    box = Box()
    box.claim(claim(SCHEDULE, 8), claim(OWNER, pause=True))
    assert box.read(paused=False) is Verdict.FOREIGN
    assert box.target_a == 8
    assert OVERRIDE not in box.core.claims


@pytest.mark.parametrize(("timed_a", "is_left"), [(8, False), (0, True)])
def test_a_limit_beneath_a_pause_ends_one_for_a_time(timed_a: float, is_left: bool) -> None:
    """It is the later word on how much; a pause for a time goes on."""
    box = Box()
    box.claim(claim(TIMED, timed_a), claim(SCHEDULE, pause=True))
    box.t += 60
    box.read(set_a=11)
    assert (TIMED in box.core.claims) is is_left
    assert box.core.claims[OWNER].max_current_a == 11


def test_a_charger_that_shows_no_limit_while_it_is_paused() -> None:
    """What its owner had set is what was seen last, and holds when it is switched on again."""
    core = ControlCore()
    core.read(0, shown(10, shows_set=False))
    assert core.baseline == Baseline(current_a=10)
    core.read(5, shown(10, shows_set=False, paused=True))
    assert core.baseline == Baseline(current_a=10, paused=True)
    core.claim(OWNER, claim(OWNER, pause=True))
    core.ack.adopt(0)
    assert core.read(60, shown(10, shows_set=False)) is Verdict.FOREIGN
    assert core.read(65, shown(10, shows_set=False)) is Verdict.UNCLAIMED


def test_a_charger_that_is_bounded_and_shows_its_limit() -> None:
    """The limit is its owner's, whatever is left by something beside it."""
    assert Box(shown(10, is_bounded=True)).core.baseline == Baseline(current_a=10)


# Modes while nothing may charge


def test_a_mode_of_an_ended_claim_is_taken_back_after_the_pause() -> None:
    """It is not the owner's because it is still shown while nothing may be sent."""
    box = Box(shown(16, mode="normal", phases=3))
    box.claim(claim(SCHEDULE, mode="solar", phases=1))
    box.core.claim(SCHEDULE, None)
    box.claim(claim(OWNER, pause=True))
    for _ in range(3):
        box.read()
    box.core.claim(OWNER, None)
    assert box.core.needs(box.t)
    box.apply()
    assert (box.now.mode, box.now.phases) == ("normal", 3)


def test_a_pause_is_sent_without_the_mode() -> None:
    """It might let the car charge, and is not noted as sent."""
    box = Box(shown(16, mode="normal"))
    box.claim(claim(SCHEDULE, mode="solar", pause=True))
    assert box.now.paused
    assert box.core.commands.mode.state is State.IDLE


def test_the_pace_of_a_cloud_is_kept_to_its_last_second() -> None:
    """A command that leaves sooner may be lost."""
    box = Box()
    box.core.pace_s = 60
    box.claim(claim(GROUP, 10))
    sent_s = box.t - 5
    box.core.claim(GROUP, claim(GROUP, 6))
    assert not box.core.needs(sent_s + 59.5)
    assert box.core.needs(sent_s + 60)
