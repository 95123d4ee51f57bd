"""Whether what a charger shows is ours: the state of the last command."""

import math

from hypothesis import given, strategies as st
import pytest

from custom_components.evse_pilot.control.acknowledgement import (
    REPEAT_AT_MOST_S,
    Acknowledgement,
    Choice,
    State,
    Verdict,
    shows,
)


def confirmed(current_a: float = 10.0) -> Acknowledgement:
    """Return a command that was sent, accepted and read back."""
    ack = Acknowledgement()
    ack.send(0, current_a)
    ack.accept(current_a)
    assert ack.read(current_a) is Verdict.CONFIRMED
    return ack


def slow(settles_s: float) -> Acknowledgement:
    """Return the command of a charger with 16 A that takes so long to follow."""
    ack = Acknowledgement()
    ack.settles_s = settles_s
    ack.read(16)
    return ack


def send(ack: Acknowledgement, t: float, amps: float) -> None:
    """Send a command that is accepted."""
    ack.send(t, amps)
    ack.accept(amps)


def test_a_value_without_a_command_is_the_owners() -> None:
    """Nothing was commanded, so nothing is foreign."""
    ack = Acknowledgement()
    assert ack.read(16) is Verdict.UNCLAIMED
    assert ack.read(6) is Verdict.UNCLAIMED
    assert ack.most_a(0) == 6


def test_a3_a_difference_before_the_confirmation_is_not_taken() -> None:
    """Until it was read back, another value is a command that was lost: it is sent again, and is not foreign."""
    ack = confirmed(7)
    ack.send(10, 16)
    assert ack.read(7) is Verdict.NOT_TAKEN
    ack.accept(16)
    assert ack.read(7) is Verdict.NOT_TAKEN
    assert not ack.needs(12, 16)
    assert ack.needs(15, 16)
    ack.send(15, 16)
    assert ack.read(16) is Verdict.CONFIRMED
    assert ack.due_in_s(20) is None


@pytest.mark.parametrize("found", [0.0, 6.0, 16.0])
def test_a_confirmed_value_that_changes_is_foreign_once(found: float) -> None:
    """It is not ours any more, so that a further change of it is no news."""
    ack = confirmed()
    assert ack.read(found) is Verdict.FOREIGN
    assert ack.state is State.IDLE
    assert ack.read(8) is Verdict.UNCLAIMED


def test_after_a_restart_it_is_sent_again() -> None:
    """What a charger may have forgotten is not foreign."""
    ack = confirmed()
    ack.unsettle()
    assert ack.read(16) is Verdict.NOT_TAKEN
    assert ack.needs(0, 10)
    idle = Acknowledgement()
    idle.unsettle()
    assert idle.state is State.IDLE


def test_growing_pauses() -> None:
    """A charger that takes nothing is asked ever more seldom, and at once for another value."""
    ack = Acknowledgement()
    ack.read(16)
    t, pauses = 0.0, []
    for _ in range(9):
        ack.send(t, 8)
        due_in_s = ack.due_in_s(t)
        assert due_in_s is not None
        pauses.append(due_in_s)
        t += due_in_s
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert pauses[-1] == REPEAT_AT_MOST_S
    assert ack.needs(t - 299, 9)
    ack.send(t, 9)
    assert ack.due_in_s(t) == 5


@pytest.mark.parametrize(
    ("shown_a", "asked_a", "step_a", "same"),
    [
        (8, 8, 1, True),
        (8, 8.7, 1, True),
        (7.9, 8.7, 1, True),
        (7.6, 8.7, 1, False),
        (9, 8.7, 1, False),
        (7.7, 8.7, 1, False),
        (7, 8, 1, False),
        (8.7, 8.7, 0.1, True),
        (8.6, 8.7, 0.1, False),
        (0, 0, 1, True),
        (0, 6, 1, False),
        (6, 0, 1, False),
        # However coarse the steps are
        (0, 6, 8, False),
        (0.5, 1, 1, True),
    ],
)
def test_one_tolerance(shown_a: float, asked_a: float, step_a: float, same: bool) -> None:
    """The charger's own step, for rounding down; never for rounding up, and not around a pause."""
    assert shows(shown_a, asked_a, step_a) is same


@given(st.integers(60, 800), st.sampled_from([0.1, 0.5, 1.0]))
def test_a_box_that_rounds_down_confirms(asked_da: int, step_a: float) -> None:
    """Whatever its step, what a charger makes of a current is that current; a step less is another."""
    asked_a = asked_da / 10
    down_a = math.floor(asked_a / step_a + 1e-9) * step_a
    assert shows(down_a, asked_a, step_a)
    assert not shows(down_a - step_a, asked_a, step_a)


def test_the_most_that_it_may_offer() -> None:
    """While a command is doubtful both its value and the one of before count."""
    ack = confirmed(16)
    ack.send(100, 6)
    assert ack.most_a(100) == 6
    assert not ack.is_doubtful(102)
    assert ack.is_doubtful(103)
    assert ack.most_a(103) == 16
    ack.read(6)
    assert ack.most_a(200) == 6


def test_a_reply_to_an_older_command_accepts_nothing() -> None:
    """Only the newest command counts."""
    ack = Acknowledgement()
    ack.send(0, 8)
    ack.send(1, 9)
    ack.accept(8)
    states = [ack.state]
    ack.accept(9)
    states.append(ack.state)
    assert states == [State.SENT, State.ACCEPTED]


def test_a_choice() -> None:
    """A mode is the same, or another one."""
    mode = Choice[str]()
    mode.send(0, "solar")
    assert mode.read("normal") is Verdict.NOT_TAKEN
    assert mode.read("solar") is Verdict.CONFIRMED
    assert mode.read("smart") is Verdict.FOREIGN


def test_adopted() -> None:
    """What a charger shows already needs no command, and its change is foreign all the same."""
    ack = Acknowledgement()
    ack.read(16)
    ack.adopt(16)
    assert ack.read(16) is Verdict.CONFIRMED
    assert ack.read(10) is Verdict.FOREIGN


def test_a_refused_command_is_taken_back() -> None:
    """What was commanded before is sent again if it does not hold; a charger that was not commanded is not now."""
    ack = confirmed(10)
    ack.send(20, 8)
    ack.send(30, 8)
    ack.take_back()
    assert ack.asked == 10
    assert ack.read(8) is Verdict.NOT_TAKEN
    assert ack.needs(31, 10)
    assert ack.read(10) is Verdict.CONFIRMED
    ack.take_back()
    assert ack.asked == 10
    idle = Acknowledgement()
    idle.read(16)
    idle.send(0, 8)
    idle.take_back()
    assert idle.read(16) is Verdict.UNCLAIMED
    assert idle.asked is None


def test_a_slow_charger_is_not_sent_the_same_too_soon() -> None:
    """While it may still show what it had before, that is no lost command."""
    ack = slow(90)
    send(ack, 100, 6)
    for t in (105, 130, 189):
        ack.settle(t)
        assert ack.read(16) is Verdict.NOT_TAKEN
        assert not ack.needs(t, 6)
        # The fuse counts with what it shows.
        assert ack.most_a(t) == 16
    assert ack.needs(190, 6)
    ack.settle(191)
    assert ack.read(6) is Verdict.CONFIRMED


def test_what_was_shown_too_soon_may_be_taken_back_by_the_integration() -> None:
    """An integration that shows what it was sent, and then what its cloud still has, is no person."""
    ack = slow(90)
    send(ack, 100, 10)
    for t, shown_a, verdict in (
        (101, 10, Verdict.CONFIRMED),
        (130, 16, Verdict.NOT_TAKEN),
        (160, 10, Verdict.CONFIRMED),
        (191, 10, Verdict.CONFIRMED),
        (200, 16, Verdict.FOREIGN),
    ):
        ack.settle(t)
        assert ack.read(shown_a) is verdict


@pytest.mark.parametrize("found_a", [0.0, 7.0, 12.0])
def test_a_value_that_was_never_there_is_a_hand_at_once(found_a: float) -> None:
    """A cloud shows again what it had, or what it was sent; anything else was set by a person."""
    ack = slow(90)
    send(ack, 100, 10)
    for t, shown_a, verdict in (
        (101, 10, Verdict.CONFIRMED),
        (105, found_a, Verdict.FOREIGN),
    ):
        ack.settle(t)
        assert ack.read(shown_a) is verdict


def test_every_value_of_ours_may_come_back_for_a_while() -> None:
    """A cloud carries out one command after the other, and may show each of them late; not those of long ago."""
    ack = slow(90)
    for t, amps in ((0, 12), (95, 9), (100, 11)):
        ack.settle(t)
        send(ack, t, amps)
        ack.settle(t + 1)
        assert ack.read(amps) is Verdict.CONFIRMED
    for t, shown_a, verdict in (
        (110, 12, Verdict.NOT_TAKEN),
        (120, 9, Verdict.NOT_TAKEN),
        (130, 11, Verdict.CONFIRMED),
        # It was set before the first of them, which had held for longer than anything takes.
        (140, 16, Verdict.FOREIGN),
    ):
        ack.settle(t)
        assert ack.read(shown_a) is verdict


def test_a_value_is_remembered_for_as_long_as_the_last_command_may_take() -> None:
    """A cloud that is behind with two commands may show what was there before both of them until it has followed the last."""
    ack = slow(90)
    ack.read(12)
    for t, amps in ((0, 9), (20, 11)):
        send(ack, t, amps)
        ack.settle(t + 1)
        assert ack.read(amps) is Verdict.CONFIRMED
    for t, shown_a, verdict in (
        (108, 12, Verdict.NOT_TAKEN),
        (109, 11, Verdict.CONFIRMED),
        (110, 12, Verdict.FOREIGN),
    ):
        ack.settle(t)
        assert ack.read(shown_a) is verdict


def test_a_command_that_is_sent_again_may_fall_back_again() -> None:
    """What was there before its first try is still there after its second."""
    ack = slow(30)
    for t in (0, 30, 60):
        send(ack, t, 10)
        for after_s, shown_a, verdict in ((1, 10, Verdict.CONFIRMED), (20, 16, Verdict.NOT_TAKEN)):
            ack.settle(t + after_s)
            assert ack.read(shown_a) is verdict
        assert ack.needs(t + 30, 10)


def test_a_hand_after_a_value_has_come_back() -> None:
    """A command that was confirmed, and seems lost since, was not: another value than what was there before is a person's."""
    ack = slow(30)
    send(ack, 0, 10)
    assert ack.read(10) is Verdict.CONFIRMED
    ack.settle(20)
    assert ack.read(16) is Verdict.NOT_TAKEN
    assert ack.read(13) is Verdict.FOREIGN
    assert ack.state is State.IDLE


def test_a_fault_takes_nothing_from_a_command_on_its_way() -> None:
    """Only what was confirmed may have been changed by the charger itself."""
    ack = slow(30)
    send(ack, 0, 10)
    due = ack.needs(5, 10)
    ack.doubt()
    assert ack.needs(5, 10) == due
    assert ack.state is State.ACCEPTED
    assert ack.read(10) is Verdict.CONFIRMED
    ack.doubt()
    assert not ack.is_confirmed


def test_our_value_that_arrives_after_a_hand_is_no_second_hand() -> None:
    """A person has set 8 A while a command of ours was on its way, and what it sets then is not the person's."""
    ack = slow(30)
    send(ack, 0, 10)
    ack.settle(1)
    ack.read(10)
    ack.settle(5)
    assert ack.read(8) is Verdict.FOREIGN
    ack.adopt(8)
    ack.settle(8)
    assert ack.read(10) is Verdict.NOT_TAKEN
    assert ack.needs(8, 8)
    ack.settle(9)
    assert ack.read(8) is Verdict.CONFIRMED
    ack.settle(36)
    assert ack.read(10) is Verdict.FOREIGN


def test_a_value_of_ours_that_a_hand_replaces_twice_is_still_no_hand() -> None:
    """Taking up what the charger shows has no moment of its own, and does not shorten how long a command is remembered."""
    ack = slow(90)
    for t, amps in ((0, 8), (20, 10)):
        send(ack, t, amps)
        ack.read(amps)
    for t, found_a in ((30, 12), (40, 8), (44, 14)):
        ack.settle(t)
        assert ack.read(found_a) is not Verdict.CONFIRMED
        ack.adopt(found_a)
    ack.settle(50)
    assert ack.read(8) is Verdict.NOT_TAKEN


def test_what_was_not_read_back_is_no_hand() -> None:
    """A charger that gives less than it was sent has not taken the command, however soon that is seen."""
    ack = slow(30)
    send(ack, 0, 12)
    for t in (1, 10):
        ack.settle(t)
        assert ack.read(9) is Verdict.NOT_TAKEN


def test_tries_are_those_of_the_last_command() -> None:
    """Each that is sent again counts; another value, and one that was confirmed, begin anew."""
    ack = Acknowledgement()
    tries = [ack.tries]
    for t, amps in ((0, 8), (5, 8), (15, 8), (20, 9)):
        ack.send(t, amps)
        tries.append(ack.tries)
    ack.read(9)
    ack.send(30, 9)
    assert [*tries, ack.tries] == [0, 1, 2, 3, 1, 1]


def test_what_is_taken_up_again_is_sent_for_the_first_time() -> None:
    """The pauses begin anew, for it was commanded in another life."""
    ack = Acknowledgement()
    ack.resume(10)
    assert ack.due_in_s(100) == 0
    ack.send(100, 10)
    assert (ack.due_in_s(100), ack.tries) == (5, 1)


def test_a_charger_in_the_house_shows_nothing_again() -> None:
    """What it had before the command is a hand at once, where nothing is slow."""
    ack = Acknowledgement()
    ack.read(16)
    send(ack, 0, 10)
    assert ack.read(10) is Verdict.CONFIRMED
    assert ack.read(16) is Verdict.FOREIGN


def test_what_may_be_forgotten_is_due_at_once_and_no_hand() -> None:
    """After a restart it is sent again as soon as another value is read, and again until it holds."""
    ack = confirmed(10)
    ack.unsettle()
    assert ack.due_in_s(0) == 0
    send(ack, 5, 10)
    assert ack.read(16) is Verdict.NOT_TAKEN


def test_what_is_shown_needs_no_command() -> None:
    """Nor does anything before the first reading."""
    ack = Acknowledgement()
    assert not ack.needs(0, 10)
    ack.read(10)
    assert not ack.needs(0, 10)
    assert ack.needs(0, 11)


def test_steps_are_whole_amperes_where_nothing_is_known() -> None:
    """A step and a half less is no rounding."""
    ack = Acknowledgement()
    ack.send(0, 10)
    assert ack.read(8.5) is Verdict.NOT_TAKEN


def test_the_limit_of_ours_outlives_a_pause() -> None:
    """It is the last that was commanded, whatever is paused since."""
    ack = Acknowledgement()
    assert not ack.is_ours(10)
    ack.send(0, 10)
    ack.send(5, 0)
    assert ack.is_ours(10)
    ack.send(10, 8)
    assert (ack.is_ours(8), ack.is_ours(10)) == (True, False)
