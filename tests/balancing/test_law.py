"""Each rule of the law by itself, on a bench."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
import math
from typing import Any

import pytest

from custom_components.evse_pilot.balancing.law.law import Law
from custom_components.evse_pilot.balancing.law.mains import bearable_a
from custom_components.evse_pilot.balancing.law.model import (
    Ceiling,
    Circuit,
    Decision,
    Group,
    Share,
    Strategy,
)
from custom_components.evse_pilot.balancing.law.pace import Pace
from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.control.acknowledgement import Acknowledgement
from custom_components.evse_pilot.control.claim import Reason, Source

from .bench import Bench, Car, group, member, read

A, B, C = member("a"), member("b"), member("c")


# Phases


def test_each_conductor_counts_on_its_own_phase() -> None:
    """A load on the mains' L2 limits the charger with its L3 there, and no other phase is mixed up with it."""
    bench = Bench(group(member("a", (3, 1, 2)), member("b", (1,), maximum_a=12.0)), b=Car(12.0, 1, 1))
    assert bench.run(60, 0, 14, 0).shares == {
        "a": Share(amps=10.0, reason=Reason.MAIN_FUSE, phase=2),
        "b": Share(amps=12.0, reason=Reason.OWN_MAXIMUM),
    }
    assert bench.decision is not None
    assert bench.decision.house_a == pytest.approx((0, 14, 0))
    assert bench.decision.room_a == pytest.approx((24, 10, 24))
    assert bench.decision.given_a == pytest.approx((22, 10, 10))
    assert not bench.decision.meter_silent


def test_one_phase_car_frees_the_other_phases_and_gets_them_back_at_once() -> None:
    """What a three-phase charger's car does not use is another's, until it draws there."""
    bench = Bench(group(A, member("b", (2,), maximum_a=32.0)), a=Car(16.0, uses=1))
    bench.run(30, 0, 0, 0)
    assert bench.amps()["b"] == 12
    bench.run(90)
    assert bench.amps() == {"a": 16, "b": 24}
    bench.cars["a"].uses = 3
    bench.step()
    assert bench.amps() == {"a": 12, "b": 12}


def test_phases_are_learned_again_with_the_next_car() -> None:
    """Another car may use all three."""
    bench = Bench(group(A), a=Car(16.0, uses=1))
    assert bench.run(90, 0, 0, 0).given_a == (16, 0, 0)
    bench.cars["a"].status = Status.DISCONNECTED
    assert bench.step().given_a == (16, 16, 16)


def test_charger_that_switches_phases_itself() -> None:
    """A charger that shows that it uses one conductor counts on one, unless more is drawn."""
    law = Law(group(A))
    load = Load(
        status=Status.CHARGING, limit_a=16, minimum_a=6, maximum_a=16, phases=(1,), drawn_a=(16, 0, 0)
    )
    read(law, 1, "a", load)
    law.read_mains(1, (16, 0, 0))
    assert law.decide(1).given_a == (16, 0, 0)
    read(law, 2, "a", replace(load, drawn_a=(16, 0, 16)))
    law.read_mains(2, (16, 0, 16))
    assert law.decide(2).given_a == (16, 0, 16)


def test_cars_that_do_not_use_all_phases_are_bounded_together() -> None:
    """On each phase; one that uses all of them is no unbalance, and counts only for the fuse."""
    house = group(
        member("a", (1,)),
        member("b", (1,)),
        member("c", (2,)),
        member("d"),
        fuse_a=(63.0, 63.0, 63.0),
        unbalance_a=20.0,
    )
    bench = Bench(house, a=Car(16.0, 1, 1), b=Car(16.0, 1, 1), c=Car(16.0, 1, 1))
    bench.run(2, 0, 0, 0)
    assert bench.amps() == {"a": 10, "b": 10, "c": 16, "d": 16}
    assert bench.share("a") == Share(amps=10, reason=Reason.UNBALANCE)
    bench.run(60)
    bench.cars["d"].uses = 1
    bench.run(400)
    assert min(bench.amps().values()) >= 6
    assert sum(bench.amps()[name] for name in "abd") <= 20
    bench.cars["d"].uses = 3
    bench.step()
    bench.run(200)
    assert bench.amps()["d"] == 16


# Cars that draw less


def test_what_a_car_does_not_take_is_anothers_until_it_asks() -> None:
    """A car that draws 7 A keeps 10 A; as soon as it draws near them it has its share again."""
    bench = Bench(group(A, B), a=Car(16.0, draws_a=7.0))
    bench.run(60, 0, 0, 0)
    assert bench.amps() == {"a": 10, "b": 14}
    assert bench.share("a").reason is Reason.CAR_TAKES_LESS
    bench.run(30)
    assert bench.amps() == {"a": 10, "b": 14}
    bench.cars["a"].draws_a = None
    bench.run(2)
    assert bench.amps()["b"] == 12
    bench.run(10)
    assert bench.amps() == {"a": 12, "b": 12}


def test_what_nobody_else_wants_stays_with_a_car_that_draws_less() -> None:
    """No write is worth it."""
    bench = Bench(group(A), a=Car(16.0, draws_a=3.0))
    bench.run(300, 5, 5, 5)
    assert bench.commands == []
    assert bench.share("a") == Share(amps=16, reason=Reason.OWN_MAXIMUM)


def test_full_car_keeps_an_offer_that_costs_no_other() -> None:
    """It yields all that another can use, and may draw again at any moment: the breaker bears that."""
    bench = Bench(group(A, B), a=Car(16.0, draws_a=0.0))
    bench.run(300, 8, 8, 8)
    assert bench.amps()["b"] == 16
    assert bench.amps()["a"] >= 6
    assert bench.share("a").reason is Reason.CAR_TAKES_NO_MORE
    bench.run(10, 14, 14, 14)
    assert bench.amps()["b"] == 10
    assert bench.amps()["a"] >= 6


@pytest.mark.parametrize("draws_a", [None, 0.0])
def test_n15_finished_is_connected_to_the_law(draws_a: float | None) -> None:
    """A car that takes no more gets, and yields, what one gets that is connected and draws nothing."""
    decisions = []
    for status in (Status.CONNECTED, Status.FINISHED):
        bench = Bench(group(A, B), a=Car(16.0, draws_a=draws_a, status=status))
        decisions.append(
            [bench.run(seconds, *mains) for seconds, *mains in ((300, 8, 8, 8), (60, 14, 14, 14))]
        )
    assert decisions[0] == decisions[1]


def test_less_than_a_step_for_each_is_no_reason_to_wait() -> None:
    """What is left is the fuse's doing where all that share it would get less than a step."""
    bench = Bench(group(*(replace(each, step_a=1.0) for each in (A, B, member("c", (1, 2, 3))))))
    bench.run(120, 2, 2, 2)
    assert sum(bench.amps().values()) in (21, 22)
    for name in "abc":
        assert bench.share(name).reason is Reason.MAIN_FUSE


# A ceiling that moves, such as that of the sun


def test_ceiling_is_followed_however_often_it_moves() -> None:
    """Each step of it is obeyed within seconds, also the smallest, after any number, and beside another charger."""
    bench = Bench(group(A, member("b", maximum_a=12.0)))
    bench.limit("a", 6.0, Source.SUN)
    bench.run(60, 2, 2, 2)
    for n in range(200):
        ceiling_a = 6.0 + n % 40 / 10
        bench.limit("a", ceiling_a, Source.SUN)
        bench.run(7)
        assert bench.amps()["a"] == pytest.approx(ceiling_a)
    bench.limit("a", 0.0, Source.SUN)
    bench.run(7)
    bench.limit("a", 7.0, Source.SUN)
    bench.run(7)
    assert bench.amps()["a"] == 7


def test_ceiling_that_moves_costs_the_fuse_nothing() -> None:
    """What was spent on it is not missing when the house lowers and raises the charger."""
    bench = Bench(group(A))
    for n in range(300):
        bench.limit("a", 8.0 + n % 2, Source.SUN)
        bench.run(6, 2, 2, 2)
    bench.limit("a", None, Source.SUN)
    bench.run(60, 16, 16, 16)
    assert bench.amps()["a"] == 8
    bench.run(90, 14.5, 14.5, 14.5)
    assert bench.amps()["a"] == 9.5


def test_ceiling_above_what_the_fuse_leaves_is_no_reason_to_rise_often() -> None:
    """Between fuse and ceiling the rises are those of the fuse, which are worth a command."""
    bench = Bench(group(A))
    bench.limit("a", 14.0, Source.SUN)
    bench.run(120, 12, 12, 12)
    assert bench.amps()["a"] == 12
    before = len(bench.commands)
    for n in range(100):
        bench.limit("a", 14.0 + n % 10 / 10, Source.SUN)
        bench.run(3, 12 + n % 3 / 10, 12, 12)
    assert len(bench.commands) - before <= 2


# Down at once, up slowly


def test_down_with_the_reading_and_up_after_calm() -> None:
    """A kettle lowers the car in the same second; the room is given back when 20 s showed no more of it."""
    bench = Bench(group(A))
    bench.run(60, 5, 5, 5)
    bench.step(15, 5, 5)
    assert bench.amps() == {"a": 9}
    assert bench.share("a") == Share(amps=9, reason=Reason.MAIN_FUSE, phase=1)
    bench.run(20, 5, 5, 5)
    assert bench.share("a") == Share(amps=9, reason=Reason.WAITING_FOR_CALM)
    bench.run(2)
    assert bench.amps() == {"a": 16}


def test_none_rises_without_a_new_reading() -> None:
    """Never twice on one reading."""
    bench = Bench(group(A))
    bench.run(60, 15, 5, 5)
    commands = len(bench.commands)
    bench.house = [5, 5, 5]
    bench.run(10, meter=False)
    assert len(bench.commands) == commands


def test_at_most_one_rise_in_five_seconds() -> None:
    """A car needs 5 s from one offer to the next."""
    bench = Bench(group(member("a", step_a=0.5)))
    bench.run(40, 15, 0, 0)
    for house in range(150, 0, -4):
        bench.step(max(0, house / 10), 0, 0)
    rises = [t for t, _, _ in bench.commands[1:]]
    assert len(rises) > 1
    assert all(b - a >= 5 for a, b in pairwise(rises))


def test_what_falls_is_commanded_before_what_rises() -> None:
    """A charger that makes way for another is commanded first, and what leaves is not given twice."""
    bench = Bench(group(A, B, strategy=Strategy.PRIORITY), a=Car(6.0), b=Car(16.0))
    bench.law.read_mains(bench.t, bench.mains)
    bench.run(30, 2, 2, 2)
    assert [name for _, name, _ in bench.commands] == ["b", "a"]
    assert bench.amps() == {"a": 16, "b": 6}


def test_a_reading_that_lowers_one_raises_none() -> None:
    """Not even on another phase, where it was not calm for long enough, or where one waits to be switched on."""
    two = group(member("a", (1,)), member("b", (2,)))
    bench = Bench(two)
    bench.run(60, 5, 5, 0)
    bench.step(5, 15, 0)
    bench.run(10, 5, 5, 0)
    assert bench.amps() == {"a": 16, "b": 9}
    bench.step(12, 5, 0)
    assert bench.amps() == {"a": 12, "b": 9}

    def waits(seconds: int) -> Bench:
        bench = Bench(two)
        bench.run(60, 5, 5, 0)
        bench.run(2, 5, 20, 0)
        bench.run(seconds, 5, 5, 0)
        return bench

    off_s = next(seconds for seconds in range(170, 400) if waits(seconds).amps()["b"])
    bench = waits(off_s - 1)
    bench.step(12, 5, 0)
    assert bench.amps() == {"a": 12, "b": 0}
    bench.step(12, 5, 0)
    assert bench.amps() == {"a": 12, "b": 16}


def test_a_change_that_is_too_small_is_not_written() -> None:
    """Half an ampere more is not worth it, nor is half of the margin; more than that is."""
    bench = Bench(group(A))
    bench.run(60, 15, 0, 0)
    commands = len(bench.commands)
    bench.run(60, 14.6, 0, 0)
    assert len(bench.commands) == commands
    bench.step(15.4, 0, 0)
    assert bench.amps() == {"a": 9}
    bench.step(15.6, 0, 0)
    assert bench.amps() == {"a": 8.4}


def test_offers_are_rounded_down_to_the_chargers_step() -> None:
    """Whole amperes where it knows no others."""
    bench = Bench(group(member("a", step_a=1.0)))
    bench.run(30, 15.2, 0, 0)
    assert bench.amps() == {"a": 8}


def test_house_that_never_rests_does_not_wear_the_charger() -> None:
    """A hob that clicks all night: the fuse is kept, and writes become rare."""
    bench = Bench(group(A))
    hours = 4
    for n in range(hours * 3600 // 60):
        bench.run(5, 14, 14, 14)
        bench.run(30, 6 + n % 3, 6, 6)
        # What takes no second of the test: as if it were calm.
        bench.t += 25
    assert len(bench.commands) <= 70 + 12 * hours
    assert bench.amps()["a"] >= 10


# The hold


def test_what_the_meter_gains_while_a_car_moves_is_that_cars() -> None:
    """A car that restarts is not taken for a load of the house, though its charger was read before."""
    bench = Bench(group(A), a=Car(16.0))
    bench.run(30, 5, 5, 5)
    bench.run(200, 20, 20, 20)
    assert bench.amps() == {"a": 0}
    bench.house = [8, 8, 8]
    while not bench.amps()["a"]:
        bench.step()
    # From here on the charger is not read, and the meter sees the car.
    for _ in range(5):
        bench.t += 1
        bench.law.read_mains(bench.t, [24, 24, 24])
        decision = bench.decide()
        assert decision.shares["a"].amps == 16
        assert decision.house_a == pytest.approx((8, 8, 8))


def test_old_reading_is_no_excuse_when_there_is_too_much() -> None:
    """A full car is not lowered for a kettle that another must make room for."""
    bench = Bench(group(A, B), a=Car(16.0, draws_a=0.0))
    bench.run(300, 0, 0, 0)
    assert bench.amps()["b"] == 16
    bench.t += 1
    bench.house = [9, 9, 9]
    bench.law.read_mains(bench.t, bench.mains)
    decision = bench.decide()
    assert decision.house_a == pytest.approx((9, 9, 9))
    assert decision.shares["b"].amps == 15


def test_charger_without_a_car_is_not_suspected() -> None:
    """It may be offered its minimum, but draws nothing when there is too much."""
    bench = Bench(group(A, B), a=Car(6.0, status=Status.DISCONNECTED))
    bench.run(60, 0, 0, 0)
    bench.t += 1
    bench.law.read_mains(bench.t, [30, 30, 30])
    assert bench.decide().house_a == pytest.approx((14, 14, 14))


def test_car_that_draws_more_than_it_may_is_lowered_for_it() -> None:
    """What it takes beyond its offer counts as the house's, and it is not raised into it again."""

    class Greedy(Car):
        @property
        def drawn_a(self) -> float:
            return min(32.0, super().drawn_a * 1.05)

    bench = Bench(group(member("a", maximum_a=32.0)), a=Greedy(32.0))
    bench.run(60, 4, 4, 4)
    assert 19 <= bench.amps()["a"] * 1.05 + 4 <= 24
    assert all(amps <= 24 for amps in bench.mains)
    commands = len(bench.commands)
    bench.run(120)
    assert len(bench.commands) == commands


# Pausing


def test_below_the_minimum_only_the_last_pauses() -> None:
    """The lowest priority goes first, and comes back after its minimum time off."""
    bench = Bench(group(A, member("b", priority=2)))
    bench.run(30, 8, 8, 8)
    bench.step(14, 8, 8)
    assert bench.amps() == {"a": 6, "b": 6}
    bench.step()
    assert bench.amps() == {"a": 6, "b": 0}
    assert bench.share("b").reason is Reason.ROTATION
    bench.run(8)
    assert bench.amps()["a"] == 10
    bench.run(17, 8, 8, 8)
    assert bench.share("b") == Share(amps=0, reason=Reason.MINIMUM_OFF_TIME, seconds=155)
    bench.run(60)
    assert bench.amps()["a"] == 16
    bench.run(94)
    assert bench.amps()["b"] == 0
    bench.run(10)
    assert bench.amps() == {"a": 8, "b": 8}


def test_only_a_charger_on_the_full_phase_pauses() -> None:
    """A charger on another phase has no part in it."""
    bench = Bench(group(member("a", (1,)), member("b", (2,), priority=2)))
    bench.run(30, 0, 0, 0)
    bench.run(2, 20, 0, 0)
    assert bench.amps() == {"a": 0, "b": 16}
    assert bench.share("a") == Share(amps=0, reason=Reason.MAIN_FUSE, phase=1)


def test_the_minimum_goes_round_when_it_is_not_enough_for_all() -> None:
    """Three cars, room for one: after two turns of each all have had the same, and none waits for ever."""
    bench = Bench(group(A, B, C))
    got = dict.fromkeys("abc", 0.0)
    for _ in range(6 * 1440):
        bench.step(16, 16, 16)
        assert sum(bench.amps().values()) <= 8
        for name, amps in bench.amps().items():
            got[name] += amps / 3600
    assert min(got.values()) > 0.8 * max(got.values()) > 0
    assert len(bench.commands) < 60


def test_first_come_first_served_goes_not_round() -> None:
    """The first stays, and has all; one that came first and was paused comes before one that came later."""
    bench = Bench(
        group(A, B, strategy=Strategy.FIRST_COME), a=Car(6.0, status=Status.DISCONNECTED), b=Car(16.0)
    )
    bench.run(60, 16, 16, 16)
    assert bench.amps() == {"a": 0, "b": 8}
    bench.cars["a"].status = None
    bench.run(4000)
    assert bench.amps() == {"a": 0, "b": 8}
    assert bench.share("a").reason is Reason.MAIN_FUSE
    bench.run(400, 4, 4, 4)
    assert bench.amps() == {"a": 6, "b": 14}


def test_what_cannot_be_paused_without_a_car_has_its_minimum() -> None:
    """The next car draws it at once: that is kept for it, and no more than that; when it comes it has it at once."""
    bench = Bench(group(A, B), a=Car(16.0, status=Status.DISCONNECTED, holds_pause=False))
    bench.run(60, 5, 5, 5)
    assert bench.cars["a"].offer_a == 6
    assert bench.amps() == {"a": 6, "b": 13}
    bench.run(60, 16, 16, 16)
    assert bench.cars["a"].offer_a == 6
    bench.run(300, 5, 5, 5)
    assert bench.amps() == {"a": 6, "b": 13}
    commands = len(bench.commands)
    bench.cars["a"].status = None
    bench.step()
    assert sum(bench.mains) / 3 <= 24
    bench.run(60)
    assert not [command for command in bench.commands[commands:] if command[2] == 0]
    assert bench.amps() == {"a": 9.5, "b": 9.5}


def test_by_priority_the_first_makes_the_others_wait() -> None:
    """A car of the first rank takes the place of one of the second, after that one's minimum time on."""
    two = group(A, member("b", priority=2), strategy=Strategy.PRIORITY)
    bench = Bench(two, a=Car(6.0, status=Status.DISCONNECTED))
    bench.run(200, 16, 16, 16)
    assert bench.amps() == {"a": 0, "b": 8}
    bench.cars["a"].status = None
    bench.run(20)
    assert bench.amps() == {"a": 8, "b": 0}
    assert bench.share("b").reason is Reason.MAIN_FUSE
    bench.run(3600)
    assert bench.amps() == {"a": 8, "b": 0}


def test_waking_car_has_its_time() -> None:
    """A car that needs two minutes to draw is counted at its offer, and not lowered for a load that others can bear."""
    bench = Bench(group(A, B), a=Car(6.0, status=Status.DISCONNECTED))
    bench.run(60, 0, 0, 0)
    bench.cars["a"] = Car(bench.cars["a"].offer_a, draws_a=0.0)
    bench.run(30)
    assert bench.amps() == {"a": 12, "b": 12}
    bench.step(13, 0, 0)
    assert bench.amps() == {"a": 12, "b": 11}
    bench.run(150, 0, 0, 0)
    assert bench.amps()["b"] == 16
    assert bench.share("a").reason is Reason.CAR_TAKES_NO_MORE


def test_waking_car_is_no_excuse_when_the_fuse_is_in_danger() -> None:
    """What is far too much is taken for the house's, whatever car may have woken."""
    bench = Bench(group(A, B), a=Car(6.0, status=Status.DISCONNECTED))
    bench.run(60, 0, 0, 0)
    bench.cars["a"] = Car(bench.cars["a"].offer_a, draws_a=0.0)
    bench.run(30)
    bench.run(2, 17, 0, 0)
    assert bench.decision is not None
    assert bench.decision.house_a[0] == pytest.approx(17)
    assert bench.amps()["b"] == 0


def test_f14_a_car_that_takes_nothing_costs_the_other_nothing() -> None:
    """It keeps an offer, for which no other is lowered or paused, and draws as soon as it likes."""
    bench = Bench(group(A, B), a=Car(16.0, draws_a=0.0))
    bench.run(900, 0, 0, 0)
    bench.run(1800, 15, 15, 15)
    assert bench.amps()["b"] == 9
    assert bench.amps()["a"] >= 6
    assert not [command for command in bench.commands if command[2] == 0]
    bench.cars["a"].draws_a = None
    bench.run(30)
    assert sum(amps for amps in bench.amps().values()) <= 24 - 15


def test_charger_without_a_car_has_the_minimum_that_is_left() -> None:
    """The next car may begin at once, but takes nothing from one that charges."""
    bench = Bench(group(A, B), a=Car(16.0, status=Status.DISCONNECTED))
    bench.run(60, 5, 5, 5)
    assert bench.amps() == {"a": 0, "b": 16}
    bench.run(200, 1, 1, 1)
    assert bench.amps() == {"a": 6, "b": 16}
    assert bench.share("a").reason is Reason.NOT_PLUGGED_IN
    commands = len(bench.commands)
    for n in range(600):
        bench.step(1 + n % 2, 1, 1)
    assert len(bench.commands) == commands


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.AWAITING_AUTHORIZATION, Reason.AWAITING_AUTHORIZATION),
        (Status.SCHEDULED, Reason.SCHEDULED),
        (Status.WAITING_FOR_SOLAR, Reason.WAITING_FOR_SOLAR),
        (Status.FAULT, Reason.FAULT),
        (Status.UPDATING, Reason.FAULT),
    ],
)
def test_charger_that_does_not_charge_takes_no_share(status: Status, reason: Reason) -> None:
    """It keeps what is left over, with its reason."""
    bench = Bench(group(A, B), a=Car(16.0, status=status))
    bench.run(30, 9, 9, 9)
    assert bench.amps() == {"a": 0, "b": 15}
    assert bench.share("a").reason is reason


def test_a_car_that_woke_since_it_was_read_rests_as_well() -> None:
    """Its contactor has opened, though no reading of the charger has shown a current."""
    bench = Bench(group(A), a=Car(0.0, draws_a=0.0))
    bench.run(200, 20, 20, 20)
    bench.run(30, 2, 2, 2)
    assert bench.amps() == {"a": 16}
    bench.cars["a"].answers, bench.cars["a"].draws_a = False, None
    bench.run(3, 20, 20, 20)
    assert bench.amps() == {"a": 0}
    bench.cars["a"].answers = True
    bench.run(170, 2, 2, 2)
    assert bench.amps() == {"a": 0}
    bench.run(30)
    assert bench.amps() == {"a": 16}


def test_a_charger_that_hides_its_car_while_it_is_paused() -> None:
    """It was empty, and is not switched on again and again to see whether it still is; but a car that came is found."""
    bench = Bench(group(A, B), a=Car(16.0, status=Status.DISCONNECTED, hides=True))
    bench.run(60, 4, 4, 4)
    assert bench.amps() == {"a": 0, "b": 16}
    before = len(bench.commands)
    bench.run(3 * 3600)
    asked = [amps for _, name, amps in bench.commands[before:] if name == "a" and amps]
    assert 5 <= len(asked) <= 6
    bench.cars["a"].status = None
    bench.run(1900)
    assert bench.amps() == {"a": 10, "b": 10}


def test_a_pause_that_is_carried_out_late_rests_from_then_on() -> None:
    """A charger that could not be reached went on charging: its contactor opens only once it is back."""
    bench = Bench(group(A))
    bench.run(30, 2, 2, 2)
    car = bench.cars["a"]
    car.answers = car.obeys = False
    bench.run(200, 20, 20, 20)
    assert car.offer_a == 16
    car.answers = car.obeys = True
    bench.run(170, 2, 2, 2)
    assert car.offer_a == 0
    bench.run(30)
    assert car.offer_a == 16


@pytest.mark.parametrize(("source", "needs_a"), [(Source.SUN, 8.0), (Source.OWNER, 6.0)])
def test_a_car_is_tried_with_more_than_the_sun_leaves(source: Source, needs_a: float) -> None:
    """The sun gives what it is found to need; what a person has limited stays the most."""
    bench = Bench(group(A), a=Car(16.0, draws_a=0.0, status=Status.CONNECTED))
    bench.limit("a", 6.0, source)
    bench.run(250, 2, 2, 2)
    charger = bench.law.charger("a")
    assert charger is not None
    assert charger.needs_a == needs_a
    assert bench.amps() == {"a": 6}


def test_owners_pause_is_no_minimum_off_time() -> None:
    """A charger that a schedule pauses gets nothing; allowed again, it charges with the next calm."""
    bench = Bench(group(A))
    bench.run(300, 5, 5, 5)
    bench.limit("a", 0.0, Source.SCHEDULE)
    bench.step()
    assert bench.share("a") == Share(amps=0, reason=Reason.SCHEDULED)
    bench.run(20)
    bench.limit("a", None, Source.SCHEDULE)
    bench.run(10)
    assert bench.amps() == {"a": 16}


def test_what_was_switched_off_by_hand_stays_off() -> None:
    """A charger that was given 16 A and reads 0 A is not commanded again, and is free when it goes on."""
    bench = Bench(group(A, B))
    bench.run(60, 0, 0, 0)
    bench.cars["a"].offer_a = 0.0
    bench.run(300)
    assert bench.share("a").reason is Reason.PAUSED_BY_OWNER
    assert bench.cars["a"].offer_a == 0
    assert bench.amps()["b"] == 16
    bench.cars["a"].offer_a = 6.0
    bench.run(30)
    assert bench.amps() == {"a": 12, "b": 12}


def test_charger_that_was_paused_at_its_own_button_waits_for_it() -> None:
    """Its status shows that, with its limit unchanged."""
    bench = Bench(group(A, B))
    bench.run(60, 0, 0, 0)
    bench.cars["a"].status = Status.PAUSED
    bench.run(60)
    assert bench.amps() == {"a": 0, "b": 16}
    assert bench.share("a").reason is Reason.PAUSED_BY_OWNER
    bench.cars["a"].status = None
    bench.run(30)
    assert bench.amps() == {"a": 12, "b": 12}


# Two masters


def fight(bench: Bench, limits: list[float], seconds: int = 60) -> None:
    """Let something else set the limit of the first charger, once in so many seconds."""
    for amps in limits:
        bench.cars["a"].offer_a = amps
        bench.run(seconds)


def masters(bench: Bench) -> frozenset[str]:
    """Return the chargers that something else steers as well."""
    assert bench.decision is not None
    return bench.decision.two_masters


def fought_over(amps: float) -> Bench:
    """Return two chargers, of which something else had given the first so much, and has now given it 6 A."""
    bench = Bench(group(A, B))
    bench.run(60, 0, 0, 0)
    fight(bench, [amps, 6, amps, 6])
    assert masters(bench) == {"a"}
    return bench


def test_two_masters_are_noticed_and_the_group_holds_back() -> None:
    """With the third change in ten minutes; what the other sets is left so, and not raised."""
    bench = Bench(group(A))
    bench.run(60, 14, 5, 5)
    assert bench.amps() == {"a": 10}
    fight(bench, [16, 16])
    assert masters(bench) == frozenset()
    bench.cars["a"].offer_a = 8.0
    bench.step()
    assert masters(bench) == {"a"}
    assert bench.share("a") == Share(amps=8, reason=Reason.TWO_MASTERS)
    commands = len(bench.commands)
    bench.run(120, 5, 5, 5)
    fight(bench, [12, 9, 0, 7])
    assert len(bench.commands) == commands
    assert bench.share("a") == Share(amps=7, reason=Reason.TWO_MASTERS)


@pytest.mark.parametrize("every_s", [10, 30, 170])
def test_master_that_repeats_itself_is_noticed(every_s: int) -> None:
    """It sets what it wants, we set what there is."""
    bench = Bench(group(A))
    bench.run(60, 14, 5, 5)
    fight(bench, [16.0] * (600 // every_s), every_s)
    assert masters(bench) == {"a"}


def test_two_masters_or_not_the_fuse_is_kept() -> None:
    """What the other raises too far is lowered at once, each time; so are the safe current and what a person allows."""
    bench = Bench(group(A))
    bench.run(60, 5, 5, 5)
    fight(bench, [10, 16, 9])
    assert masters(bench) == {"a"}
    bench.step(18, 5, 5)
    assert bench.amps() == {"a": 6}
    bench.run(30)
    assert bench.share("a") == Share(amps=6, reason=Reason.TWO_MASTERS)
    for _ in range(3):
        bench.cars["a"].offer_a = 16.0
        bench.step()
        assert bench.amps() == {"a": 6}
        bench.run(10)
    bench.run(60, 5, 5, 5)
    assert bench.amps() == {"a": 6}
    bench.cars["a"].offer_a = 16.0
    bench.run(20)
    assert bench.amps() == {"a": 16}
    bench.limit("a", 10.0)
    bench.step()
    assert bench.amps() == {"a": 10}
    bench.run(20, meter=False)
    assert bench.share("a") == Share(amps=6, reason=Reason.METER_SILENT)
    bench.limit("a", 0.0, Source.SCHEDULE)
    bench.step()
    assert bench.share("a") == Share(amps=0, reason=Reason.SCHEDULED)


def test_others_leave_what_the_other_master_may_take_again() -> None:
    """It had 16 A: none rises into them while it has less, and none is lowered for it before it takes them."""
    bench = fought_over(16)
    bench.run(60, 2, 2, 2)
    assert bench.amps() == {"a": 6, "b": 12}
    bench.run(60, 10, 10, 10)
    assert bench.amps() == {"a": 6, "b": 8}
    bench.run(60, 2, 2, 2)
    assert bench.amps() == {"a": 6, "b": 8}
    # Nor is it lowered for what another would like to have.
    bench.cars["a"].offer_a = 14.0
    bench.run(60)
    assert bench.amps() == {"a": 14, "b": 8}
    fight(bench, [6])
    bench.cars["a"].answers = False
    bench.run(20, 4, 4, 4)
    assert bench.share("b").amps == 6


def test_n3_what_is_kept_for_two_masters_is_no_calm_to_wait_for() -> None:
    """The house is calm: what it lacks is the room that the other master may take, which is the fuse's."""
    bench = fought_over(16)
    bench.run(60, 10, 10, 10)
    bench.run(600, 2, 2, 2)
    assert bench.share("b") == Share(amps=8, reason=Reason.MAIN_FUSE, phase=1)
    bench.run(60, 14, 14, 14)
    bench.run(600, 6, 6, 6)
    assert bench.share("b") == Share(amps=0, reason=Reason.MAIN_FUSE, phase=1)


def test_charger_with_two_masters_makes_no_way_and_is_not_switched_on() -> None:
    """Its turn is not given to one that waits; and the fuse may need its place, but does not give it back."""
    bench = fought_over(7)
    bench.run(1000, 16, 16, 16)
    assert bench.amps() == {"a": 6, "b": 0}
    bench.run(2, 20, 20, 20)
    bench.run(60, 16, 16, 16)
    assert bench.share("a") == Share(amps=0, reason=Reason.TWO_MASTERS)


def test_two_masters_end() -> None:
    """Half an hour after the last change; what was set last holds until a person sets something else."""
    bench = Bench(group(A))
    bench.run(60, 5, 5, 5)
    fight(bench, [10, 14, 9])
    bench.run(1600)
    assert masters(bench) == {"a"}
    bench.cars["a"].offer_a = 10.0
    bench.run(1790)
    assert masters(bench) == {"a"}
    assert bench.share("a") == Share(amps=10, reason=Reason.TWO_MASTERS)
    bench.run(30)
    assert masters(bench) == frozenset()
    assert bench.share("a") == Share(amps=10, reason=Reason.CHARGER_LIMIT)
    bench.limit("a", None)
    bench.run(30)
    assert bench.amps() == {"a": 16}


def test_group_that_only_watches_is_no_master() -> None:
    """It has set nothing that could be undone."""
    bench = Bench(group(A))
    bench.run(60, 5, 5, 5)
    fight(bench, [10, 14, 9])
    assert masters(bench) == {"a"}
    bench.law.group = group(A, observer=True)
    bench.run(30)
    fight(bench, [10, 14, 9, 16])
    assert masters(bench) == frozenset()


@pytest.mark.parametrize("source", [Source.OWNER, Source.TIMED, Source.SCHEDULE])
def test_a2_a14_our_own_controls_are_no_second_master(source: Source) -> None:
    """A number, a switch, an action or a schedule, however often: each is a claim, and none is a foreign change."""
    bench = Bench(group(A))
    bench.run(60, 14, 5, 5)
    for amps in (8.0, 16.0, 0.0, 9.0, 16.0, 7.0):
        bench.limit("a", amps, source)
        bench.run(20)
        assert bench.cars["a"].offer_a == min(amps, 10)
        bench.run(30)
    assert masters(bench) == frozenset()
    bench.limit("a", None, source)
    bench.run(30)
    assert bench.amps() == {"a": 10}


# Commands that are lost


@pytest.mark.parametrize("every_s", [1, 5])
@pytest.mark.parametrize("lost_s", [0, 4, 6, 12, 20, 60])
def test_a3_a_lost_raise_is_sent_again(lost_s: int, every_s: int) -> None:
    """A raise that never arrives, with the charger read again: the car is not stuck at the current of before."""
    bench = Bench(group(A), a=Car(7.0))
    bench.run(60, 17, 5, 5)
    assert bench.cars["a"].offer_a == 7
    lose_commands(bench, lambda amps: amps > 7, lost_s, every_s)
    assert bench.cars["a"].offer_a == 16
    assert bench.share("a") == Share(amps=16, reason=Reason.OWN_MAXIMUM)
    assert masters(bench) == frozenset()


@pytest.mark.parametrize("every_s", [1, 5])
@pytest.mark.parametrize("lost_s", [0, 4, 6, 12, 20, 60])
def test_a3_a_lost_resumption_is_sent_again(lost_s: int, every_s: int) -> None:
    """A car that the group itself had paused was not paused by its owner, though its charger reads 0 A."""
    bench = Bench(group(A), a=Car(10.0))
    bench.run(60, 8, 5, 5)
    bench.run(30, 20, 5, 5)
    assert bench.cars["a"].offer_a == 0
    lose_commands(bench, lambda amps: amps > 0, lost_s, every_s)
    assert bench.cars["a"].offer_a == 16
    assert bench.share("a") == Share(amps=16, reason=Reason.OWN_MAXIMUM)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a3_lost_commands_of_a_charger_that_is_read(lost: int) -> None:
    """Only commands are lost, one after the other; each is sent again, ever more seldom."""
    bench = Bench(group(A), a=Car(7.0))
    bench.run(60, 17, 5, 5)
    bench.cars["a"].obeys = False
    sent = len(bench.commands)
    while len(bench.commands) < sent + lost:
        bench.step(2, 5, 5)
    assert bench.cars["a"].offer_a == 7
    bench.cars["a"].obeys = True
    bench.run(120)
    assert bench.cars["a"].offer_a == 16
    assert masters(bench) == frozenset()


def test_a3_room_that_shrinks_before_a_lost_raise_is_sent_again() -> None:
    """What is sent again is what there is room for by then, and others live with the higher of the two."""
    bench = Bench(group(A, B), a=Car(7.0), b=Car(7.0))
    bench.run(60, 10, 5, 5)
    bench.cars["a"].obeys = False
    while not any(amps > 7 for _, name, amps in bench.commands if name == "a"):
        bench.step(2, 5, 5)
    bench.run(4)
    bench.step(10, 5, 5)
    bench.cars["a"].obeys = True
    bench.run(20)
    assert bench.cars["a"].offer_a + bench.cars["b"].offer_a <= 14
    assert all(amps <= 24 for amps in bench.mains)


def lose_commands(bench: Bench, is_lost: Callable[[float], bool], lost_s: int, every_s: int) -> None:
    """Let the line of the first charger break for so long with the command that is to be lost, and go on."""
    car, down_until = bench.cars["a"], math.inf
    for second in range(1200):
        is_down = bench.t + 1 < down_until < math.inf
        car.obeys = not is_down and down_until < math.inf
        car.answers = not is_down and second % every_s == 0
        before = len(bench.commands)
        bench.step(2, 5, 5)
        if down_until == math.inf and any(is_lost(amps) for _, _, amps in bench.commands[before:]):
            down_until = bench.t + lost_s


def test_charger_that_restarts_has_one_master() -> None:
    """It comes back with a limit of its own, after a silence; however often."""
    bench = Bench(group(A))
    bench.run(60, 14, 5, 5)
    for _ in range(4):
        bench.cars["a"].answers = False
        bench.run(20)
        bench.cars["a"].answers = True
        bench.cars["a"].offer_a = 6.0
        bench.run(8)
        bench.cars["a"].offer_a = 16.0
        bench.run(90)
        assert masters(bench) == frozenset()
        assert bench.amps() == {"a": 10}


def test_charger_that_forgets_its_limit_with_the_car_has_one_master() -> None:
    """Some offer all they can to the next one."""
    bench = Bench(group(A))
    bench.run(60, 14, 5, 5)
    for _ in range(4):
        bench.cars["a"].status = Status.DISCONNECTED
        bench.run(2)
        bench.cars["a"].offer_a = 16.0
        bench.run(30)
        bench.cars["a"].status = None
        bench.cars["a"].offer_a = 16.0
        bench.run(60)
    assert masters(bench) == frozenset()


def test_person_at_the_box_is_no_master() -> None:
    """It is turned down, in however many steps, and up again later."""
    bench = Bench(group(A))
    bench.run(60, 5, 5, 5)
    fight(bench, [15, 14, 12, 11, 9], 5)
    bench.run(200)
    assert bench.share("a") == Share(amps=9, reason=Reason.CHARGER_LIMIT)
    fight(bench, [11, 13, 16], 5)
    bench.run(60)
    assert masters(bench) == frozenset()
    assert bench.amps() == {"a": 16}


def test_charger_that_misses_commands_has_one_master() -> None:
    """What is not confirmed was not undone, even if it is carried out much later."""
    bench = Bench(group(A))
    bench.run(60, 5, 5, 5)
    bench.cars["a"].obeys = False
    for house in (10, 12, 14, 16, 18):
        bench.run(60, house, 5, 5)
        bench.cars["a"].offer_a = bench.commands[-1][2]
        bench.run(30)
    assert masters(bench) == frozenset()


def test_charger_that_is_slow_to_follow_has_one_master() -> None:
    """It takes a command, and shows the limit that it had before for a while."""
    bench = Bench(group(A))
    bench.run(60, 5, 5, 5)
    bench.cars["a"].obeys = False
    for house in (10, 12, 14, 16, 18):
        for _ in range(60):
            bench.step(house, 5, 5)
            bench.controllers["a"].accept()
            bench.cars["a"].offer_a = next(
                (amps for t, _, amps in reversed(bench.commands) if t <= bench.t - 9), 16.0
            )
        assert bench.cars["a"].offer_a == 24 - house
    assert masters(bench) == frozenset()


# Ceilings


def test_persons_limit_is_a_ceiling() -> None:
    """Never overwritten; below the minimum it pauses."""
    bench = Bench(group(A))
    bench.run(30, 5, 5, 5)
    bench.limit("a", 10.0)
    bench.step()
    assert bench.share("a") == Share(amps=10, reason=Reason.PERSONS_LIMIT)
    bench.limit("a", 4.0)
    bench.step()
    assert bench.share("a") == Share(amps=0, reason=Reason.PERSONS_LIMIT)
    bench.limit("a", math.nan)
    bench.step()
    assert bench.share("a") == Share(amps=0, reason=Reason.PERSONS_LIMIT)


def test_lower_limit_set_at_the_charger_is_a_ceiling_until_it_is_raised() -> None:
    """A person has turned it down at the charger: the group does not turn it up, whatever car comes."""
    bench = Bench(group(A))
    bench.run(30, 0, 0, 0)
    bench.cars["a"].offer_a = 10.0
    bench.run(100)
    assert bench.share("a") == Share(amps=10, reason=Reason.CHARGER_LIMIT)
    bench.cars["a"].status = Status.DISCONNECTED
    bench.step()
    bench.cars["a"].status = None
    bench.run(30)
    assert bench.share("a") == Share(amps=10, reason=Reason.CHARGER_LIMIT)
    bench.limit("a", None)
    bench.run(30)
    assert bench.share("a") == Share(amps=16, reason=Reason.OWN_MAXIMUM)


def test_higher_limit_found_on_the_charger_is_lowered() -> None:
    """A charger that has restarted offers all it can: it is commanded again at once, and others make room till then."""
    bench = Bench(group(A, B))
    bench.run(60, 4, 4, 4)
    assert bench.amps() == {"a": 10, "b": 10}
    bench.cars["a"].offer_a = 16.0
    bench.cars["a"].obeys = False
    bench.step()
    assert (bench.t, "a", 10.0) in bench.commands
    assert bench.run(5).shares["b"].amps == 0
    bench.cars["a"].obeys = True
    bench.run(400)
    assert bench.amps() == {"a": 10, "b": 10}


@pytest.mark.parametrize(("house_a", "amps"), [(2.0, [7, 7, 8]), (1.0, [7, 8, 8]), (3.0, [7, 7, 7])])
def test_what_is_left_of_whole_amperes_does_not_come_and_go(house_a: float, amps: list[float]) -> None:
    """It is given to one of three, who keeps it for ten minutes, and then to another."""
    bench = Bench(group(*(replace(each, step_a=1.0) for each in (A, B, C))))
    bench.run(200, house_a, house_a, house_a)
    bench.commands.clear()
    assert sorted(bench.amps().values()) == amps
    bench.run(3600)
    assert len(bench.commands) <= 4 * 6


def test_ceiling_of_the_sum() -> None:
    """An ampere on three phases is three in their sum, and export on one phase helps another."""
    bench = Bench(group(A, sum_a=45.0))
    bench.run(60, 5, 5, 5)
    assert bench.share("a") == Share(amps=10, reason=Reason.SUM_CEILING)
    bench.run(60, 5, 5, -4)
    assert bench.amps() == {"a": 13}


@pytest.mark.parametrize(
    "limits",
    [
        {"sum_a": 60.0},
        {"temporary": Ceiling(sum_a=60)},
        {"temporary": Ceiling(phase_a=20)},
        {"sum_a": 70.0, "temporary": Ceiling(sum_a=60)},
    ],
)
def test_a_limit_below_the_fuse_waits_for_no_charger(limits: dict[str, Any]) -> None:
    """What is too much there is the house's until the car is read; it may be the car, as far as that is not too much."""
    bench = Bench(group(A, **limits))
    bench.run(60, 1, 1, 1)
    assert bench.amps() == {"a": 16}
    bench.cars["a"].draws_a = 8.0
    bench.run(5, 1, 1, 1)
    bench.cars["a"].answers = False
    bench.run(2, 9, 9, 9)
    assert bench.amps() == {"a": 16}
    bench.run(2, 12.5, 12.5, 12.5)
    assert bench.amps()["a"] == pytest.approx(7.5)


def test_temporary_ceiling() -> None:
    """Of each phase, of the sum, or of the cars alone; it comes and goes at any time."""
    bench = Bench(group(A))
    bench.run(60, 5, 5, 5)
    for ceiling, amps in (
        (Ceiling(phase_a=12), 7),
        (Ceiling(phase_a=12, cars_only=True), 12),
        (Ceiling(sum_a=36), 7),
        (Ceiling(sum_a=27, cars_only=True), 9),
    ):
        bench.law.group = replace(bench.law.group, temporary=ceiling)
        bench.run(60)
        assert bench.share("a") == Share(amps=amps, reason=Reason.TEMPORARY_CEILING)
    bench.law.group = replace(bench.law.group, temporary=None)
    bench.run(60)
    assert bench.amps() == {"a": 16}


# Silence


@pytest.mark.parametrize("pace", [1, 5, 10, 30])
def test_silent_meter_means_the_safe_current_in_time(pace: int) -> None:
    """Within 15 s of the third missed reading; two good readings later all is as before."""
    bench = Bench(group(A))
    bench.house = [0, 0, 0]
    for n in range(8 * pace + 1):
        bench.step(meter=n % pace == 0)
    assert bench.amps() == {"a": 16}
    quiet = 0
    while bench.amps()["a"] > 6:
        bench.step(meter=False)
        quiet += 1
    assert 3 * pace < quiet <= 3 * pace + 15
    assert bench.share("a") == Share(amps=6, reason=Reason.METER_SILENT)
    assert bench.decision is not None
    assert bench.decision.meter_silent
    assert bench.decision.house_a == (None, None, None)
    bench.step()
    assert bench.amps() == {"a": 6}
    bench.run(pace, meter=False)
    bench.step()
    assert bench.decision.room_a
    for n in range(2 * pace + 6):
        bench.step(meter=n % pace == 0)
    assert bench.amps() == {"a": 16}


def test_meter_that_repeats_one_value_is_alive() -> None:
    """Nothing happens."""
    bench = Bench(group(A))
    bench.run(3600, 4, 4, 4)
    assert bench.commands == []


def test_safe_current_of_zero_pauses() -> None:
    """And a charger that is paused is not raised to a safe current before the silence is a long one."""
    bench = Bench(group(A, safe_a=0.0))
    bench.run(30, 4, 4, 4)
    bench.run(20, meter=False)
    assert bench.share("a") == Share(amps=0, reason=Reason.METER_SILENT)

    bench = Bench(group(A))
    bench.run(30, 4, 4, 4)
    bench.step(20, 20, 20)
    assert bench.amps() == {"a": 6}
    bench.run(60, meter=False)
    assert bench.amps() == {"a": 0}
    bench.run(200, meter=False)
    assert bench.share("a") == Share(amps=6, reason=Reason.METER_SILENT)


def test_one_silent_phase_stops_only_who_is_on_it() -> None:
    """Unless the sum of the phases has a ceiling."""
    one, two = member("a", (1,)), member("b", (2,))
    bench = Bench(group(one, two))
    bench.run(30, 4, 4, 4)
    for _ in range(20):
        bench.step(mains=(bench.mains[0], None, math.nan))
    assert bench.amps() == {"a": 16, "b": 6}
    assert bench.decision is not None
    assert bench.decision.house_a[0] == pytest.approx(4)
    assert bench.decision.house_a[1:] == (None, None)
    bench.law.group = group(one, two, sum_a=100.0)
    bench.step(mains=(bench.mains[0], None, None))
    assert bench.amps() == {"a": 6, "b": 6}


def test_silent_charger_counts_with_the_most_it_may_draw() -> None:
    """It is not commanded; the others live with what is left."""
    bench = Bench(group(A, B))
    bench.run(60, 0, 0, 0)
    bench.cars["a"].answers = False
    bench.run(20, 6, 6, 6)
    assert bench.share("a") == Share(amps=12, reason=Reason.MEMBER_SILENT)
    assert bench.amps()["b"] == 6
    bench.run(2, 14, 14, 14)
    assert bench.amps() == {"a": 12, "b": 0}
    assert all(write[1] != "a" for write in bench.commands[-1:])


def test_charger_that_was_never_read_counts_with_what_was_stored() -> None:
    """Or with all it could give."""
    law = Law(group(A, B), given={"a": 8.0})
    law.read_mains(1, (0, 0, 0))
    assert law.decide(1).shares == {"a": Share(amps=8, reason=None), "b": Share(amps=16, reason=None)}
    shares = law.decide(91).shares
    assert shares["a"] == Share(amps=8, reason=Reason.MEMBER_SILENT)
    assert shares["b"] == Share(amps=16, reason=Reason.MEMBER_SILENT)
    law.group = group(B)
    law.group = group(A, B)
    assert law.decide(91).shares["a"] == Share(amps=16, reason=None)
    assert law.decide(181).shares["a"] == Share(amps=16, reason=Reason.MEMBER_SILENT)


def test_command_that_is_not_confirmed_is_repeated() -> None:
    """And counts as not obeyed until it is; less and less often, and without an end to the rises that follow."""
    bench = Bench(group(A))
    bench.run(30, 4, 4, 4)
    bench.cars["a"].obeys = False
    bench.run(12, 14, 4, 4)
    assert [(round(t - bench.commands[0][0]), amps) for t, _, amps in bench.commands] == [(0, 10), (5, 10)]
    bench.run(3600)
    assert len(bench.commands) < 25
    bench.cars["a"].offer_a = 10.0
    bench.cars["a"].obeys = True
    commands = len(bench.commands)
    bench.run(10)
    assert len(bench.commands) == commands
    bench.run(60, 4, 4, 4)
    assert bench.amps() == {"a": 16}


def test_coarse_steps_after_many_writes_keep_the_minimum() -> None:
    """A minimum between two whole amperes is not rounded to a current that the charger does not know."""
    bench = Bench(group(member("a", minimum_a=6.5, step_a=0.5)))
    for n in range(60):
        bench.run(1, 14 + n % 3 / 2, 0, 0)
        bench.run(30, 10, 0, 0)
    assert len(bench.commands) > 35
    for house in (17.4, 17.0, 16.6, 16.1):
        bench.step(house, 0, 0)
        assert bench.amps()["a"] in (0, 6.5, 7)
    assert all(amps == 0 or amps >= 6.5 for _, _, amps in bench.commands)


# Restart


@pytest.mark.parametrize("pace", [1, 5, 10, 30])
@pytest.mark.parametrize("meter_first", [False, True])
@pytest.mark.parametrize("found_a", [8.0, 16.0])
def test_restart_in_the_middle_of_a_limit(pace: int, meter_first: bool, found_a: float) -> None:
    """The safe current holds; the right one is back with the second reading, or 5 s later, which a car needs.

    Also if the charger has restarted too, and if the meter is read before the charger: what the car draws then is
    no load of the house.
    """
    bench = Bench(group(A), a=Car(found_a))
    bench.law = Law(group(A), given={"a": 8.0})
    bench.house = [16, 5, 5]
    if meter_first:
        bench.law.read_mains(bench.t, bench.mains)
        bench.decide()
    bench.step(meter=False)
    assert bench.amps() == {"a": 6}
    for _ in range(max(2, 5 // pace)):
        bench.run(pace - 1, meter=False)
        assert bench.amps()["a"] in (6, 8)
        bench.step()
    assert bench.amps() == {"a": 8}
    assert [amps for _, _, amps in bench.commands] == [6, 8]


@pytest.mark.parametrize("pace", [1, 10, 30])
def test_no_reason_before_the_second_reading(pace: int) -> None:
    """What comes of a start is no reason of a charger's own; its current waits for nothing."""
    bench = Bench(group(A), a=Car(8.0))
    bench.law = Law(group(A), given={"a": 8.0})
    bench.house = [16, 5, 5]
    for _ in range(2):
        decision = bench.run(pace, meter=False)
        assert bench.share("a") == Share(amps=6, reason=None)
        assert not decision.meter_silent
        bench.step()
    bench.run(3)
    assert bench.share("a").reason is Reason.MAIN_FUSE


def test_a_meter_that_was_never_read_is_silent_in_time() -> None:
    """That of a circuit, too; one that is silent once more is so at once."""
    for circuits in ((), (Circuit(id="c", limit_a=15.0, fuse_a=16.0, members=frozenset("a")),)):
        bench = Bench(group(A, circuits=circuits))
        bench.run(90, meter=bool(circuits))
        assert bench.share("a") == Share(amps=6, reason=None)
        decision = bench.run(2, meter=bool(circuits))
        assert decision.meter_silent
        assert bench.share("a") == Share(amps=6, reason=Reason.METER_SILENT)
    bench = Bench(group(A))
    bench.run(30)
    decision = bench.run(20, meter=False)
    assert decision.meter_silent
    assert bench.share("a") == Share(amps=6, reason=Reason.METER_SILENT)


def test_restart_without_a_meter_holds_the_safe_current() -> None:
    """However long; the right value is back with the second reading."""
    bench = Bench(group(A), a=Car(8.0))
    bench.house = [16, 5, 5]
    bench.run(100, meter=False)
    assert bench.share("a") == Share(amps=6, reason=Reason.METER_SILENT)
    bench.step()
    bench.run(9, meter=False)
    bench.step()
    assert bench.amps() == {"a": 8}


def test_charger_that_is_not_read_at_the_start_is_not_waited_for() -> None:
    """A dead one must not hold the others at the safe current."""
    bench = Bench(group(A, B), a=Car(16.0, draws_a=0.0, answers=False))
    bench.run(15, 0, 0, 0)
    assert bench.share("b") == Share(amps=6, reason=None)
    bench.run(30)
    assert bench.amps() == {"a": 16, "b": 8}


def test_restart_lowers_with_the_first_reading() -> None:
    """A limit that was found is no wish: what is too much is lowered at once."""
    bench = Bench(group(A), a=Car(16.0))
    bench.step(15, 5, 5)
    assert bench.amps() == {"a": 9}


def test_limit_that_no_car_knows_is_made_a_pause() -> None:
    """A charger that is found at 3 A is paused, and starts when there is room and time."""
    bench = Bench(group(A), a=Car(3.0, draws_a=0.0))
    bench.step(5, 5, 5)
    assert bench.commands == [(bench.t, "a", 0.0)]


# Modes


def test_observer_writes_nothing_and_shows_what_it_would_do() -> None:
    """Its shares follow the house; the chargers do not."""
    bench = Bench(group(A, observer=True))
    bench.run(30, 14, 4, 4)
    assert bench.commands == []
    assert bench.share("a") == Share(amps=10, reason=Reason.MAIN_FUSE, phase=1)
    bench.law.group = replace(bench.law.group, observer=False)
    bench.step()
    assert [write[1:] for write in bench.commands] == [("a", 10)]


def test_off_stands_aside() -> None:
    """Each charger has what it was found with."""
    bench = Bench(group(A, strategy=Strategy.OFF))
    bench.run(30, 20, 4, 4)
    assert bench.commands == []
    assert bench.share("a") == Share(amps=16, reason=Reason.OFF)
    bench.cars["a"].offer_a = 10.0
    bench.step()
    assert bench.share("a") == Share(amps=10, reason=Reason.OFF)
    bench.cars["a"].offer_a = math.nan
    bench.step()
    assert bench.share("a") == Share(amps=10, reason=Reason.OFF)


def test_members_come_and_go() -> None:
    """What is known of the others stays."""
    bench = Bench(group(A, B))
    bench.run(60, 0, 0, 0)
    assert bench.amps() == {"a": 12, "b": 12}
    bench.add("c", Car(6.0))
    del bench.cars["b"]
    bench.law.group = group(A, C)
    # What was on its way when it left.
    read(bench.law, bench.t, "b", Car(16.0).load())
    bench.run(60)
    assert bench.amps() == {"a": 12, "c": 12}
    # On other phases it is another charger, but has what it has.
    bench.law.group = group(replace(A, phases=(2, 3, 1)), C)
    assert bench.decide().shares["a"] == Share(amps=12, reason=None)
    with pytest.raises(ValueError, match="phases"):
        bench.law.group = replace(group(), fuse_a=(25.0,), members=())


# Bad input


def test_house_without_chargers_or_fuse() -> None:
    """Nothing is given, and nothing fails."""
    law = Law(Group(fuse_a=(0.0,), margin_a=0.5, members=()))
    law.read_mains(1, (3.0, 4.0))
    assert law.decide(1) == Decision(
        shares={},
        writes=(),
        house_a=(3.0,),
        room_a=(-3.5,),
        given_a=(0,),
        meter_silent=False,
    )
    bench = Bench(group(A, fuse_a=(0.0, 0.0, 0.0), margin_a=0.0))
    bench.run(5, 0, 0, 0)
    assert bench.amps() == {"a": 0}


@pytest.mark.parametrize(
    "load",
    [
        {"limit_a": math.nan, "minimum_a": math.nan, "maximum_a": math.nan},
        {"drawn_a": (math.nan, 1, 1)},
        {"drawn_a": (16,)},
        {"drawn_a": None},
        {"status": None},
        {"phases": ()},
        {"phases": (9,)},
    ],
)
def test_reading_that_makes_no_sense(load: dict[str, Any]) -> None:
    """What is not known is taken to be what cannot trip a fuse."""
    law = Law(group(A))
    good = Load(
        status=Status.CHARGING, limit_a=16, minimum_a=6, maximum_a=16, phases=(1, 2, 3), drawn_a=(16, 16, 16)
    )
    ack = Acknowledgement()
    for t in range(60):
        read(law, t, "a", replace(good, **load), ack)
        law.read_mains(t, (30, 30, 30))
        decision = law.decide(t)
        for write in decision.writes:
            ack.send(t, write.amps)
            ack.accept(write.amps)
    assert decision.shares["a"].amps <= 10


def test_charger_without_a_meter_is_taken_to_draw_what_it_may() -> None:
    """While it charges; so the house is known, and the charger is not suspected."""
    law = Law(group(A))
    load = Load(status=Status.CHARGING, limit_a=16, minimum_a=6, maximum_a=16, phases=(1, 2, 3), drawn_a=None)
    for t in range(30):
        read(law, t, "a", load)
        law.read_mains(t, (21, 21, 21))
        decision = law.decide(t)
    assert list(decision.house_a) == [5, 5, 5]
    assert decision.shares["a"].amps == 16
    read(law, 30, "a", replace(load, status=Status.CONNECTED))
    law.read_mains(30, (5, 5, 5))
    assert list(law.decide(30).house_a) == [5, 5, 5]


def test_the_mains_show_the_phases_of_a_charger_without_a_meter() -> None:
    """A car on one phase of it frees the other two once two changes of its current were seen on the mains."""
    bench = Bench(group(A, member("b", (2,), maximum_a=32.0)), a=Car(16.0, uses=1, measures=False))
    assert bench.step(0, 0, 0).given_a == (16, 32, 16)
    for house_a in (16, 6, 16):
        bench.run(60, house_a, 0, 0)
    assert bench.run(60, 6, 0, 0).given_a == (16, 24, 0)
    bench.cars["a"].uses = 3
    bench.run(3)
    assert max(bench.mains) <= 25


def test_charger_whose_minimum_grows_pauses_rather_than_break_it() -> None:
    """A minimum above what it is given."""
    law = Law(group(A))
    load = Load(
        status=Status.CHARGING, limit_a=7, minimum_a=6, maximum_a=16, phases=(1, 2, 3), drawn_a=(7, 7, 7)
    )
    read(law, 1, "a", load)
    law.read_mains(1, (24, 24, 24))
    assert law.decide(1).shares["a"].amps == 7
    read(law, 2, "a", replace(load, minimum_a=9))
    law.read_mains(2, (24, 24, 24))
    assert law.decide(2).shares["a"].amps == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: member("a", (1, 1)),
        lambda: member("a", ()),
        lambda: member("a", minimum_a=5.0),
        lambda: member("a", maximum_a=math.inf),
        lambda: member("a", step_a=0.0),
        lambda: group(A, A),
        lambda: group(A, fuse_a=()),
        lambda: group(A, fuse_a=(25.0,)),
        lambda: group(A, margin_a=-1.0),
        lambda: group(A, fuse_a=(25.0, 25.0, math.nan)),
        lambda: group(A, rotation_s=-1.0),
        lambda: group(A, sum_a=math.inf),
        lambda: Ceiling(phase_a=-1.0),
        lambda: Ceiling(sum_a=math.nan),
    ],
)
def test_nonsense_is_refused(make: Any) -> None:
    """When a group is made, not while it runs."""
    with pytest.raises(ValueError):
        make()


# Pace


def test_pace_is_learned_and_forgives_lost_readings() -> None:
    """One reading in ten lost does not make a source slow; a source that is slow is waited for, to a bound."""
    pace = Pace()
    assert pace.is_silent(0)
    t = 0.0
    for n in range(60):
        t += 10 if n % 10 else 20
        pace.add(t)
    assert pace.silent_after_s == 30
    assert not pace.is_silent(t + 30)
    assert pace.is_silent(t + 31)
    for _ in range(20):
        t += 170
        pace.add(t)
    assert pace.silent_after_s == 180
    pace.add(t)
    pace.add(t - 5)
    pace.add(t + 10_000)
    assert pace.silent_after_s == 180


def test_slow_meter_leaves_room_for_what_it_does_not_see() -> None:
    """A large load for 37 s on a full fuse would trip it; for 8 s it would not."""
    assert bearable_a(25, 12, 8) > 25
    assert 20 < bearable_a(25, 12, 37) < 22
    assert bearable_a(6, 60, 600) == 0
    bench = Bench(group(member("a", (1,), maximum_a=32.0)))
    for n in range(1200):
        bench.step(2, 0, 0, meter=n % 30 == 0)
    assert bench.amps()["a"] + 2 == pytest.approx(bearable_a(25, 12, 37), abs=0.2)


def _slow_evening(hob_a: Sequence[float], pace_s: int) -> float:
    """Return what a car has while the house draws so much, each minute another current."""
    bench = Bench(group(member("a", (1,), maximum_a=32.0), fuse_a=(32.0,)), a=Car(6.0, 1, 1))
    for minute, amps in enumerate(hob_a):
        for n in range(60 * minute, 60 * minute + 60):
            bench.step(amps, meter=n % pace_s == 0)
    return bench.amps()["a"]


def test_what_a_slow_meter_has_shown_may_be_back() -> None:
    """A hob that clicks in step with the meter is seen off for minutes: half an hour later it has gone."""
    evening = [2.0] * 70 + [20.0] * 3 + [2.0] * 20
    assert _slow_evening(evening, 30) == pytest.approx(bearable_a(32, 19, 37) - 2, abs=0.2)
    assert _slow_evening(evening + [2.0] * 20, 30) == pytest.approx(bearable_a(32, 16, 37) - 2, abs=0.2)
    # A faster one sees it when it is on.
    assert _slow_evening(evening, 10) > bearable_a(32, 16, 17) - 3


def test_car_that_wakes_by_itself_is_lowered_before_it_is_read() -> None:
    """What the meter shows too much may be the car whose timer has struck; the next reading of its charger is seconds away."""
    bench = Bench(group(member("a", (1,), maximum_a=16.0), fuse_a=(25.0,)), a=Car(16.0, 1, 1, draws_a=0.0))
    bench.run(600, 12)
    assert bench.share("a").reason is Reason.CAR_TAKES_NO_MORE
    assert bench.amps() == {"a": 13}
    car = bench.cars["a"]
    car.draws_a, car.answers = None, False
    bench.step(14)
    # It may be this one, or the house: it has its minimum until it is read.
    assert bench.amps() == {"a": 6}
    car.answers = True
    bench.run(60, 14)
    assert bench.amps() == {"a": 10}


def test_car_that_wakes_by_itself_is_paused_before_it_is_read() -> None:
    """The meter fell when it was lowered to its minimum, and still shows too much: it is this car."""
    bench = Bench(group(member("a", (1,), maximum_a=16.0), fuse_a=(25.0,)), a=Car(16.0, 1, 1, draws_a=0.0))
    bench.run(600, 12)
    car = bench.cars["a"]
    car.draws_a, car.answers = None, False
    bench.step(22)
    assert bench.amps() == {"a": 6}
    # The house went up as it fell, so that nothing shows whose it is.
    bench.step(29)
    assert bench.amps() == {"a": 6}
    bench.step(24)
    assert bench.amps() == {"a": 0}


def test_a_car_has_followed_once_the_meter_shows_it() -> None:
    """What comes on top before its charger is read is the house's, not what is left of its higher offer."""
    bench = Bench(group(member("a", (1,), maximum_a=32.0), fuse_a=(32.0,)), a=Car(16.0, 1, 1))
    bench.run(120, 9)
    assert bench.amps() == {"a": 22}
    bench.cars["a"].answers = False
    bench.step(14)
    assert bench.amps() == {"a": 17}
    bench.step()
    bench.step(22)
    assert bench.amps() == {"a": 9}


def test_a_car_that_the_meter_does_not_show_may_still_follow() -> None:
    """The house has gone up as it fell, or it has not fallen: then it has its time for that."""
    bench = Bench(group(member("a", (1,), maximum_a=32.0), fuse_a=(32.0,)), a=Car(16.0, 1, 1))
    bench.run(120, 9)
    car = bench.cars["a"]
    car.answers, car.draws_a = False, 22.0
    bench.step(14)
    # It is offered 17 A, and draws less than before only in the next second.
    bench.house = [19.0]
    bench.step(19)
    assert bench.amps() == {"a": 17}


def test_a_full_car_keeps_its_offer_whatever_the_house_does() -> None:
    """One that was read since the meter moved has not woken."""
    bench = Bench(group(member("a", (1,), maximum_a=16.0), fuse_a=(25.0,)), a=Car(16.0, 1, 1, draws_a=0.0))
    bench.run(600, 12)
    bench.commands.clear()
    bench.run(60, 26)
    assert not bench.commands


def test_the_first_to_be_paused_surely_draws_where_there_is_too_much() -> None:
    """A charger of three phases measures nothing, and its car uses one: which, no step has shown yet."""
    bench = Bench(group(member("a"), member("b", (2,))), a=Car(6.0, 3, 1, measures=False), b=Car(6.0, 1, 1))
    bench.run(120, 12, 18, 12)
    assert bench.amps() == {"a": 6, "b": 6}
    bench.run(4, 12, 20, 12)
    assert bench.amps() == {"a": 6, "b": 0}
    assert bench.mains[1] == 20


def test_meter_that_becomes_slow() -> None:
    """Nothing is known yet of what it has shown lately."""
    bench = Bench(group(member("a", (1,), maximum_a=32.0), fuse_a=(32.0,)), a=Car(6.0, 1, 1))
    for n in range(400):
        bench.step(2, meter=n < 60 or n % 30 == 0)
    assert bench.amps()["a"] > 20
