"""Commands that were not read back yet: what was shown before them says nothing of what holds."""

import pytest

from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.control.claim import Claim, Reason, Source
from custom_components.evse_pilot.control.core import ControlCore
from custom_components.evse_pilot.control.shown import Shown


def core_at(limit_a: float) -> ControlCore:
    """Return the core of a charger that a group has given so much, in A; 0: that it has paused."""
    core = ControlCore()
    claim(core, limit_a)
    core.ack.adopt(limit_a)
    read(core, limit_a)
    return core


def claim(core: ControlCore, current_a: float) -> None:
    """Let a group claim so much."""
    core.claim(Source.GROUP, Claim(source=Source.GROUP, reason=Reason.MAIN_FUSE, max_current_a=current_a))


def read(core: ControlCore, limit_a: float, t: float = 0.0) -> None:
    """Take a reading."""
    load = Load(
        status=Status.CHARGING if limit_a else Status.PAUSED,
        limit_a=limit_a,
        minimum_a=6.0,
        maximum_a=16.0,
        phases=(1, 2, 3),
    )
    core.read(t, Shown(load=load, paused=limit_a == 0, mode=None, phases=None))


def send(core: ControlCore, t: float) -> None:
    """Send what the target says, and let the charger take it."""
    target = core.target
    assert target is not None
    assert core.needs(t)
    assert core.differs(target)
    core.send(t, target)
    core.commands.accept(target)
    assert core.ack.asked_a == target.current_a


@pytest.mark.parametrize(("before_a", "between_a"), [(10, 16), (0, 16), (16, 0), (16, 10)])
def test_the_value_of_before_is_sent_although_it_is_still_shown(before_a: float, between_a: float) -> None:
    """A rise that is taken back before it was read: the charger has it by now."""
    core = core_at(before_a)
    claim(core, between_a)
    send(core, 1)
    claim(core, before_a)
    send(core, 2)
    read(core, before_a, 7)
    assert core.ack.is_confirmed
    assert not core.needs(7)


def test_what_the_charger_is_presumed_to_have() -> None:
    """A pause that was sent holds, and one that was ended may not; a command that is repeated may have been lost."""
    core = core_at(0)
    claim(core, 10)
    send(core, 1)
    claim(core, 0)
    target = core.target
    assert target is not None
    assert not core.presumed(target).paused
    claim(core, 12)
    target = core.target
    assert target is not None
    assert core.presumed(target).paused
    assert core.presumed(target).set_a == 10


def test_a_command_that_was_taken_waits_for_a_reading() -> None:
    """It is not sent again for want of one: a cloud is read once a minute."""
    core = core_at(16)
    claim(core, 10)
    send(core, 0)
    assert core.ack.due_in_s(60) is None
    assert not core.needs(60)
    assert not core.ack.is_doubtful(60)
    read(core, 16, 60)
    assert core.ack.is_doubtful(60)
    assert core.needs(60)


@pytest.mark.parametrize(("before_a", "after_a"), [(16, 10), (16, 0), (0, 10)])
def test_two_sources_that_want_the_same_need_one_command(before_a: float, after_a: float) -> None:
    """A schedule pauses, and its group claims nothing for it: what the charger took is not sent again."""
    core = core_at(before_a)
    claim(core, after_a)
    send(core, 0)
    target = core.target
    assert target is not None
    assert not core.differs(target)
    assert not core.needs(1)
    read(core, before_a, 8)
    assert core.differs(target)


def test_the_most_counts_what_was_taken_before_a_lost_command() -> None:
    """A rise was taken, and the fall after it is lost, with no reading in between: the charger has the rise."""
    core = core_at(6)
    claim(core, 16)
    send(core, 0)
    claim(core, 10)
    target = core.target
    assert target is not None
    core.send(1, target)
    assert core.ack.held == 16
    assert core.ack.most_a(5) == 16
    read(core, 16, 10)
    assert core.ack.most_a(10) == 16
    assert core.needs(10)


def test_a_command_without_a_reply_is_sent_again() -> None:
    """Whether it is read or not."""
    core = core_at(16)
    claim(core, 10)
    target = core.target
    assert target is not None
    core.send(0, target)
    assert not core.needs(4)
    assert core.ack.is_doubtful(4)
    assert core.needs(5)


@pytest.mark.parametrize(
    ("more_a", "needed"), [(0.4, False), (0.9, False), (1.0, True), (-1.0, True), (-0.2, True)]
)
def test_a_step_more_is_a_command(more_a: float, needed: bool) -> None:
    """What would be rounded down to the current that is set needs none; a whole step more does."""
    core = core_at(10)
    core.ack.release()
    read(core, 10)
    core.claim(Source.GROUP, Claim(source=Source.GROUP, reason=Reason.MAIN_FUSE, max_current_a=10 + more_a))
    target = core.target
    assert target is not None
    assert core.ack.matches(10, 10 + more_a) is not needed
    assert core.differs(target) is (target.current_a != 10)
