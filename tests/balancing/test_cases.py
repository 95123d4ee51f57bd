"""Cases of balancing that once went wrong, each as its kind: the id is in the name of the test."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast, override

import pytest

from custom_components.evse_pilot.balancing.law.charger import TrackedCharger
from custom_components.evse_pilot.balancing.law.model import Group
from custom_components.evse_pilot.balancing.law.settling import settle
from custom_components.evse_pilot.balancing.law.situation import Situation
from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.control.claim import Reason

from .bench import Bench, Car, group, member

A, B = member("a"), member("b")


def test_d1_two_cars_that_stop_at_once_leave_the_house_as_it_was() -> None:
    """Their readings come seconds apart and later than the meter's: the house is never below what it draws."""
    two = Group(fuse_a=(25.0,), margin_a=1.0, safe_a=6.0, members=(member("a", (1,)), member("b", (1,))))
    bench = Bench(two)
    bench.house = [3.5]
    houses: list[float] = []
    for t in range(900):
        stopped = 300 <= t < 890
        bench.t += 1
        for name, car in bench.cars.items():
            car.draws_a = 0.0 if stopped else None
            # Each is read every five seconds, two seconds apart.
            car.answers = (t + (2 if name == "b" else 0)) % 5 == 0
        bench.law.read_mains(bench.t, bench.mains)
        bench.read_chargers()
        decision = bench.decide()
        if t > 60 and decision.house_a[0] is not None:
            houses.append(decision.house_a[0])
    assert min(houses) > 3
    # Both may wake at once: the breaker bears it until the next readings.
    offers = [car.offer_a for car in bench.cars.values()]
    assert sum(offers) + 3.5 <= 1.65 * 25


def test_d2_meter_that_reports_zeros_while_cars_draw() -> None:
    """A reader that lost its link: none is raised, and the safe current holds after the silence."""
    bench = Bench(group(A, B, safe_a=6.0))
    bench.run(120, 2, 2, 2)
    before = bench.amps()
    for _ in range(12):
        bench.step(mains=(0.0, 0.0, 0.0))
        assert all(amps <= before[name] for name, amps in bench.amps().items())
    assert bench.decision is not None
    assert bench.decision.meter_doubted
    for _ in range(20):
        bench.step(mains=(0.0, 0.0, 0.0))
    assert bench.amps() == {"a": 6, "b": 6}
    assert bench.share("a").reason is Reason.METER_SILENT
    bench.run(60)
    assert not bench.decide().meter_doubted
    assert bench.amps() == before


@pytest.mark.parametrize("exports", [False, True])
def test_f10_reading_below_what_the_chargers_draw(exports: bool) -> None:
    """It is none where nothing can be fed in, such as kilowatts that are called amperes; with a roof it may be true."""
    bench = Bench(group(A, B, safe_a=6.0, exports=exports))
    bench.run(120, 2, 2, 2)
    before = bench.amps()
    for _ in range(40):
        kilowatts = [amps * 0.23 for amps in bench.mains]
        bench.step(mains=kilowatts)
    if exports:
        assert all(amps >= before[name] for name, amps in bench.amps().items())
    else:
        assert bench.amps() == {"a": 6, "b": 6}


def test_f16_meter_that_is_stuck() -> None:
    """The same value while the cars moved by 3 A is no reading."""
    bench = Bench(group(A, B, safe_a=6.0))
    bench.run(60, 10, 10, 10)
    stuck = tuple(bench.mains)
    bench.cars["b"].draws_a = 0.0
    for _ in range(200):
        bench.step(10, 10, 10, mains=stuck)
    assert bench.amps()["a"] <= 7
    assert bench.share("a").reason is Reason.METER_SILENT


def test_d4_f15_one_wrong_reading_opens_no_contactor() -> None:
    """A reading that is 15 A too high lowers at once; when the next one is right nothing was switched off."""
    bench = Bench(group(A, B))
    bench.run(60, 2, 2, 2)
    bench.step(mains=[amps + 15 for amps in bench.mains])
    assert bench.amps() == {"a": 6, "b": 6}
    bench.run(40)
    assert all(amps > 6 for amps in bench.amps().values())
    assert all(amps for _, _, amps in bench.commands)


def test_f15_inrush_of_a_second_every_minute() -> None:
    """Thirty times a motor that starts: no car stops, and the room of the house stays in use."""
    bench = Bench(group(A, B))
    bench.run(60, 4, 4, 4)
    for _ in range(30):
        bench.step(22, 4, 4)
        bench.run(59, 4, 4, 4)
    assert all(amps for _, _, amps in bench.commands)
    assert sum(bench.amps().values()) > 18


def test_f15_load_that_stays_pauses_at_the_second_reading() -> None:
    """And no more cars than do not fit: one of three."""
    bench = Bench(group(A, B, member("c")))
    bench.run(60, 2, 2, 2)
    bench.step(12, 12, 12)
    assert list(bench.amps().values()) == [6, 6, 6]
    bench.step()
    assert sorted(bench.amps().values()) == [0, 6, 6]


@pytest.mark.parametrize("needs_a", [7.0, 9.0, 12.0])
def test_f3_car_that_needs_more_than_the_minimum(needs_a: float) -> None:
    """What nothing is drawn from is tried higher in turn, before a car counts as full."""

    class Choosy(Car):
        @property
        @override
        def drawn_a(self) -> float:
            return super().drawn_a if self.offer_a >= needs_a else 0.0

    bench = Bench(group(A, B, member("c")), a=Choosy(6.0))
    bench.run(900, 4, 4, 4)
    assert bench.cars["a"].drawn_a >= needs_a
    # It is lowered no more below what it is found to need: it charges, or it waits.
    bench.run(300, 7, 7, 7)
    assert bench.amps()["a"] >= needs_a or bench.amps()["a"] == 0


def test_f3_full_car_is_tried_once() -> None:
    """And not again as long as it is plugged in."""
    bench = Bench(group(A, B), a=Car(6.0, draws_a=0.0))
    bench.run(1200, 2, 2, 2)
    commands = [command for command in bench.commands if command[1] == "a"]
    assert len(commands) <= 5
    assert bench.share("a").reason is Reason.CAR_TAKES_NO_MORE
    bench.run(3600)
    assert [command for command in bench.commands if command[1] == "a"] == commands


def test_a_car_that_takes_nothing_is_asked_again_after_an_hour() -> None:
    """Its own timer may want it at two: one that was paused, and cannot count nowhere, has a turn now and then."""
    late = {name: Car(16.0, draws_a=0.0) for name in "abc"}
    bench = Bench(group(A, B, member("c"), member("d")), **late)
    for n in range(400):
        bench.step(2, 2, 2, meter=n % 30 == 0)
    for n in range(3 * 3600):
        bench.step(15, 15, 15, meter=n % 30 == 0)
    paused = {name: [t for t, each, amps in bench.commands if each == name and not amps] for name in "abc"}
    asked = {name: [t for t, each, amps in bench.commands if each == name and amps] for name in "abc"}
    waited = [name for name in "abc" if paused[name]]
    assert waited
    for name in waited:
        assert any(t > paused[name][0] for t in asked[name])


def test_f4_car_that_did_not_wake_is_stopped_no_more() -> None:
    """Learned from the first time; the next time the other one waits."""

    class Sleeper(Car):
        asleep = charged = False

        @property
        @override
        def drawn_a(self) -> float:
            self.asleep |= self.charged and self.offer_a == 0
            self.charged |= super().drawn_a > 0
            return 0.0 if self.asleep else super().drawn_a

    bench = Bench(group(A, B), a=Sleeper(16.0))
    bench.run(600, 4, 4, 4)
    # There is room for one; the other one has its turn after 24 minutes.
    bench.run(2 * 3600, 14, 14, 14)
    sleeper = bench.cars["a"]
    assert isinstance(sleeper, Sleeper)
    assert sleeper.asleep
    # The next day, or the owner has woken it.
    sleeper.status = Status.DISCONNECTED
    bench.run(10)
    sleeper.status, sleeper.asleep, sleeper.charged = None, False, False
    bench.run(600, 2, 2, 2)
    assert sleeper.drawn_a
    bench.run(4 * 3600, 14, 14, 14)
    assert not sleeper.asleep


def test_d7_absurd_reading_of_a_charger_is_dropped() -> None:
    """The neighbour does not pause for -230 A."""
    bench = Bench(group(A, B))
    bench.run(60, 2, 2, 2)
    before = bench.amps()
    load = bench.cars["a"].load()
    for amps in (-230.0, 230.0):
        bench.t += 1
        bench.law.read_mains(bench.t, bench.mains)
        controller = bench.controllers["a"]
        odd = replace(load, drawn_a=(amps,) * 3)
        controller.read(bench.t, odd)
        bench.law.read_charger(
            bench.t,
            "a",
            odd,
            own=controller.own,
            is_off_at_charger=controller.is_off,
            ack=controller.core.ack,
            foreign=controller.core.foreign,
        )
        bench.decide()
        bench.run(30)
        assert bench.amps() == before


def test_d9_the_chargers_own_step_is_used() -> None:
    """A share of 13.7 A is 13.7 A where a charger takes tenths."""
    bench = Bench(group(A))
    bench.run(60, 10.3, 10.3, 10.3)
    assert bench.amps() == {"a": 13.7}


@pytest.mark.parametrize("fuse_a", [25.0, 35.0])
def test_n5_one_car_alone_in_a_calm_house_is_full_and_still(fuse_a: float) -> None:
    """Not one write an hour, with a meter that is never quite still."""
    bench = Bench(group(A, fuse_a=(fuse_a,) * 3))
    wavers = (0.0, 0.2, -0.2, 0.1, -0.1)
    house = fuse_a - 1 - 16 - 0.3
    for n in range(120):
        bench.step(*(house + wavers[(n + p) % 5] for p in range(3)))
    assert bench.amps()["a"] >= 15.5
    commands = len(bench.commands)
    for n in range(3600):
        bench.step(*(house + wavers[(n + p) % 5] for p in range(3)))
    assert len(bench.commands) == commands


def test_n4_third_car_that_fits_pauses_none() -> None:
    """Three times 6 A fit: whichever is plugged in last, the others go on."""
    cars = {name: Car(6.0, status=Status.DISCONNECTED) for name in "abc"}
    bench = Bench(group(A, B, member("c")), **cars)
    bench.run(60, 3, 3, 3)
    for name in "abc":
        bench.cars[name].status = None
        bench.run(25)
        plugged = [each for each in "abc" if each <= name]
        assert all(bench.amps()[each] >= 6 for each in plugged)


def test_f6_cars_that_draw_more_than_they_are_offered_settle() -> None:
    """Five per cent too much is learned: no waiting for a calm that never comes, and the room is used."""

    class Greedy(Car):
        @property
        @override
        def drawn_a(self) -> float:
            return super().drawn_a * 1.05

    three = group(A, B, member("c"), fuse_a=(35.0,) * 3)
    bench = Bench(three, **{name: Greedy(6.0) for name in "abc"})
    bench.run(900, 4, 4, 4)
    used_a = sum(car.drawn_a for car in bench.cars.values())
    assert 0.9 * 30 <= used_a <= 30.5
    assert {bench.share(name).reason for name in "abc"} == {Reason.MAIN_FUSE}


def test_f5_boxes_that_report_each_phase_need_no_more_writes() -> None:
    """Three one-phase cars on three phases, in a house that changes each minute."""

    class Unmeasured(Car):
        @override
        def load(self) -> Load:
            return replace(super().load(), drawn_a=None)

    def writes(kind: type[Car]) -> int:
        wirings = {"a": (1, 2, 3), "b": (2, 3, 1), "c": (3, 1, 2)}
        bench = Bench(
            group(*(member(name, phases, step_a=1.0) for name, phases in wirings.items())),
            **{name: kind(6.0, 3, 1) for name in wirings},
        )
        for n in range(120):
            bench.run(30, 4 + n % 3, 4, 4 + n % 2)
        return len(bench.commands)

    assert writes(Car) <= writes(Unmeasured) + 6


def test_d5_reading_of_each_phase_by_itself_decides_once() -> None:
    """Phases that arrive apart leave the law where one telegram would."""
    at_once, apart = Bench(group(A, B)), Bench(group(A, B))
    at_once.run(60, 2, 3, 4)
    for _ in range(60):
        apart.t += 1
        apart.house = [2, 3, 4]
        apart.read_chargers()
        for n, amps in enumerate(apart.mains):
            apart.law.read_mains(apart.t, [amps if p == n else None for p in range(3)])
        apart.decide()
    assert apart.amps() == at_once.amps()


def test_f14_waking_cars_are_within_what_the_breaker_bears() -> None:
    """Of many full cars only so many count nowhere as could wake at once; the others keep their reserve."""
    names = [f"c{n}" for n in range(10)]
    bench = Bench(
        group(*(member(name) for name in names), fuse_a=(63.0,) * 3),
        **{name: Car(6.0, draws_a=0.0) for name in names[:-1]},
    )
    bench.run(2400, 5, 5, 5)
    assert bench.amps()[names[-1]] == 16
    woken = [car for car in bench.cars.values() if car.draws_a == 0.0]
    for car in woken:
        car.draws_a = None
    worst = max(bench.mains)
    bench.run(30)
    assert worst <= 1.65 * 63
    assert max(bench.mains) <= 63


def test_an_excess_that_is_less_than_a_step_ends() -> None:
    """Two millionths too much on three phases are less than what is rounded off: there is nothing to lower for it."""
    charger = TrackedCharger(member("a", step_a=1.0), 3, 8.0)
    now = cast(
        "Situation", SimpleNamespace(t=0.0, weights={charger: [3]}, demands={charger: charger.demand()})
    )
    assert settle(now, {charger: 8.0}, {charger: 8.0}, [24.0 - 2e-6]) == {charger: 8.0}
