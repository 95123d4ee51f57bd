"""The thermal reserve of the breaker, where its owner lets the group use it."""

import math

from hypothesis import given, settings as hypothesis_settings, strategies as st
import pytest

from .bench import Bench, group, member
from .world import TRIPS_AT, WARMS_UP_S


def _bench(*, uses_reserve: bool) -> Bench:
    """Return a house of 25 A on one phase with two cars, for some minutes, with a meter that reports every second."""
    members = (member("a", (1,)), member("b", (1,)))
    bench = Bench(group(*members, fuse_a=(25.0,), uses_reserve=uses_reserve))
    bench.run(240, 5)
    return bench


@pytest.mark.parametrize(("uses_reserve", "stays"), [(False, False), (True, True)])
def test_a_car_stays_on_while_the_breaker_bears_it(uses_reserve: bool, stays: bool) -> None:
    """A kettle of two minutes stops no car where the owner lets the breaker bear it; both are at once at their minimum."""
    bench = _bench(uses_reserve=uses_reserve)
    bench.step(16)
    assert bench.amps() == {"a": 6, "b": 6}
    bench.run(20, 16)
    assert (bench.amps() == {"a": 6, "b": 6}) is stays


def test_the_heat_opens_a_contactor_in_time() -> None:
    """At 1.3 times its current it bears that for a while only."""
    bench = _bench(uses_reserve=True)
    bench.run(10, 20.5)
    assert 0 not in bench.amps().values()
    bench.run(30, 20.5)
    assert 0 in bench.amps().values()


def test_a_slow_meter_has_none() -> None:
    """What it does not see takes the reserve already."""
    bench = Bench(group(member("a", (1,)), member("b", (1,)), fuse_a=(25.0,), uses_reserve=True))
    for n in range(240):
        bench.step(5, meter=n % 10 == 0)
    for n in range(30):
        bench.step(16, meter=n % 10 == 0)
    assert 0 in bench.amps().values()


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 90), st.floats(0, 22.5)), min_size=1, max_size=8))
def test_the_breaker_bears_whatever_the_house_does(house: list[tuple[int, float]]) -> None:
    """It gets no hotter than what trips it less its spare."""
    bench, heat, hottest = _bench(uses_reserve=True), 0.0, 0.0
    for seconds, amps in house:
        for _ in range(seconds):
            bench.step(amps)
            warm = (sum(bench.mains) / 25) ** 2
            heat = warm + (heat - warm) * math.exp(-1 / WARMS_UP_S)
            hottest = max(hottest, heat)
    assert hottest < TRIPS_AT
