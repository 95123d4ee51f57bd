"""Chargers between two phases: three phases without neutral (3 x 230 V), and split phase (2 x 120 V)."""

from dataclasses import replace
import math
from typing import override

import pytest

from custom_components.evse_pilot.balancing.law.draw import Draw
from custom_components.evse_pilot.balancing.law.model import Group, Member
from custom_components.evse_pilot.chargers.types import Load

from .bench import Bench, Car, group, member

FUSE_A = 25.0


def live(bench: Bench, seconds: int, *house: float) -> list[float]:
    """Let so many seconds pass; return what the meter reads at the end, each current on both of its phases."""
    mains: list[float] = []
    for _ in range(seconds):
        mains = list(house)
        for each in bench.law.group.members:
            for phase in each.phases if each.between else each.phases[: bench.cars[each.id].uses]:
                mains[phase - 1] += bench.cars[each.id].drawn_a
        bench.step(*house, mains=mains)
    return mains


def between(name: str, first: int, second: int, **changes: float) -> Member:
    """Return a charger between two phases."""
    return member(name, (first, second), between=True, **changes)


def one_phase() -> Car:
    """Return a car that is measured on one conductor, as a charger for one phase does it."""
    return Car(16.0, 1, 1)


def test_d3_the_second_conductor_counts() -> None:
    """Two chargers that meet on L2 by different conductors share its fuse: 30 A on 25 A never come."""
    bench = Bench(group(between("a", 1, 2), between("b", 2, 3)), a=one_phase(), b=one_phase())
    mains = live(bench, 60, 2, 2, 2)
    assert bench.amps() == {"a": 11, "b": 11}
    assert mains == pytest.approx([13, 24, 13])
    mains = live(bench, 30, 2, 8, 2)
    assert mains == pytest.approx([10, 24, 10])
    assert bench.share("a").phase == bench.share("b").phase == 2
    assert bench.decision is not None
    assert bench.decision.house_a == pytest.approx((2, 8, 2))
    assert bench.decision.given_a == pytest.approx((8, 16, 8))


def test_d3_a_load_on_either_phase_lowers_it() -> None:
    """What the first conductor leaves is no use without the second."""
    for house in ((12.0, 0.0, 0.0), (0.0, 12.0, 0.0)):
        bench = Bench(group(between("a", 1, 2)), a=one_phase())
        live(bench, 60, *house)
        assert bench.amps() == {"a": 12}
        assert bench.share("a").phase == house.index(12.0) + 1


def test_d3_split_phase() -> None:
    """In a house of two phases a charger between both legs and one on a leg share that leg."""
    house = group(between("a", 1, 2), member("b", (2,)), fuse_a=(FUSE_A, FUSE_A))
    bench = Bench(house, a=one_phase(), b=one_phase())
    mains = live(bench, 60, 0, 4)
    assert bench.amps() == {"a": 10, "b": 10}
    assert mains == pytest.approx([10, 24])


class Unmeasured(Car):
    """A charger without a meter of its own."""

    @override
    def load(self) -> Load:
        return replace(super().load(), drawn_a=None)


@pytest.mark.parametrize("kind", [Car, Unmeasured])
def test_d3_neither_phase_is_freed(kind: type[Car]) -> None:
    """A charger that shows one conductor in use counts on both phases, for as long as it lasts; without a meter, too."""
    house = group(between("a", 1, 2), member("b", (2,), maximum_a=32.0))
    bench = Bench(house, a=kind(16.0, 1, 1), b=one_phase())
    mains = live(bench, 180, 0, 0, 0)
    assert bench.amps() == {"a": 12, "b": 12}
    assert mains == pytest.approx([12, 24, 0])


def test_d3_readings_that_make_no_sense() -> None:
    """An absurd current is not measured: the charger counts with all that it offers."""
    draw = Draw((0, 1), 3, between=True)
    load = one_phase().load()
    assert draw.read(1.0, replace(load, drawn_a=(9.0, 0.0, 0.0)), 16.0, 16.0)
    assert draw.drawn_a == [9.0, 9.0, 0.0]
    assert not draw.read(2.0, replace(load, drawn_a=(9.0, math.nan, 0.0)), 16.0, 16.0)
    assert draw.drawn_a == [16.0, 16.0, 0.0]
    assert draw.counted == (0, 1)


def test_d3_a_wiring_that_changes() -> None:
    """A charger that turns out to be between two phases counts on both from the next reading on."""
    bench = Bench(group(member("a", (1,))), a=one_phase())
    live(bench, 30, 0, 0, 0)
    bench.law.group = group(between("a", 1, 2))
    live(bench, 60, 0, 14, 0)
    assert bench.amps() == {"a": 10}


@pytest.mark.parametrize("phases", [(1,), (1, 2, 3)])
def test_d3_between_means_two_phases(phases: tuple[int, ...]) -> None:
    """One conductor, or three, are between nothing."""
    with pytest.raises(ValueError, match="between two phases"):
        Group(
            fuse_a=(25.0,) * 3,
            margin_a=1.0,
            members=(Member(id="a", phases=phases, between=True, maximum_a=16.0),),
        )
