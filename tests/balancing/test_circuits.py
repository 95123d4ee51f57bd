"""Circuits: fuses between the main fuse and some chargers, as limits of the same law."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.evse_pilot.balancing.circuits import outer_of
from custom_components.evse_pilot.balancing.law.model import Circuit
from custom_components.evse_pilot.control.claim import Reason

from .bench import Bench, Car, group, member


def _circuit(name: str, limit_a: float, *members: str) -> Circuit:
    return Circuit(id=name, limit_a=limit_a, members=frozenset(members))


def _bench(*circuits: Circuit, **cars: Car) -> Bench:
    house = group(
        *(member(name) for name in "abc"), fuse_a=(35.0,) * 3, circuits=circuits, minimum_off_s=30.0
    )
    return Bench(house, **{name: cars.get(name, Car(6.0)) for name in "abc"})


def test_two_share_a_circuit_and_a_third_has_the_rest() -> None:
    """The example of the docs."""
    bench = _bench(_circuit("garage", 19.0, "a", "b"))
    bench.run(120, 3.0, 3.0, 3.0)
    assert bench.amps() == pytest.approx({"a": 9.5, "b": 9.5, "c": 12.0})
    assert bench.share("a").reason is Reason.CIRCUIT
    assert bench.share("a").phase in (1, 2, 3)
    assert bench.share("c").reason is not Reason.CIRCUIT
    bench.cars["a"].draws_a = 2.0
    bench.run(600, 3.0, 3.0, 3.0)
    assert bench.amps()["b"] > 12


def test_a_circuit_behind_a_circuit() -> None:
    """The inner one bounds its own, the outer one all of them."""
    bench = _bench(_circuit("inner", 8.0, "a"), _circuit("outer", 20.0, "a", "b"))
    bench.run(180, 1.0, 1.0, 1.0)
    assert bench.amps() == pytest.approx({"a": 8.0, "b": 12.0, "c": 13.0}, abs=0.2)


def test_a_circuit_for_one_minimum_makes_turns() -> None:
    """One of two charges, and the other one waits for its turn."""
    bench = _bench(_circuit("garage", 10.0, "a", "b"))
    bench.run(200, 1.0, 1.0, 1.0)
    on = [name for name in "ab" if bench.amps()[name]]
    assert len(on) == 1
    [off] = set("ab") - set(on)
    assert bench.share(off).reason is Reason.ROTATION
    bench.run(2400, 1.0, 1.0, 1.0)
    assert [name for name in "ab" if bench.amps()[name]] == [off]


def test_a_silent_meter_does_not_lift_a_circuit() -> None:
    """The safe current of 6 A for two is more than a circuit of 11 A carries."""
    bench = _bench(_circuit("garage", 11.0, "a", "b"))
    bench.run(60, 1.0, 1.0, 1.0)
    bench.run(120, meter=False)
    amps = bench.amps()
    assert amps["a"] + amps["b"] <= 11
    assert amps["c"] == 6


def test_a_charger_that_does_not_answer_keeps_its_part() -> None:
    """What it may draw is not given to the other one."""
    bench = _bench(_circuit("garage", 20.0, "a", "b"))
    bench.run(60, 1.0, 1.0, 1.0)
    held_a = bench.cars["a"].offer_a
    bench.cars["a"].answers = False
    bench.run(120, 1.0, 1.0, 1.0)
    assert bench.cars["b"].offer_a + held_a <= 20


@pytest.mark.parametrize("amps", [-1.0, float("nan"), float("inf")])
def test_what_is_no_circuit_is_refused(amps: float) -> None:
    """A limit below 0 A, or none."""
    with pytest.raises(ValueError, match="carries"):
        _circuit("a", amps)


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        ({"a": "main"}, []),
        ({"a": "b", "b": "c", "c": "main"}, ["b", "c"]),
        ({"a": "b", "b": "a"}, ["b", "a"]),
        ({"a": "a"}, ["a"]),
        ({"a": "b", "b": "c", "c": "b"}, ["b", "c"]),
        ({"a": "deleted"}, []),
    ],
)
def test_what_a_circuit_is_behind(behind: Mapping[str, str], expected: list[str]) -> None:
    """A loop ends, and shows."""
    circuits: dict[str, Mapping[str, Any]] = {key: {"behind": outer} for key, outer in behind.items()}
    assert outer_of(circuits, "a") == expected


@settings(max_examples=40, deadline=None)
@given(
    inner=st.floats(0, 40),
    outer=st.floats(0, 60),
    steps=st.lists(
        st.tuples(
            st.integers(1, 60),
            st.tuples(*[st.floats(-10, 30)] * 3),
            st.sampled_from([None, 0.0, 4.0, 16.0]),
            st.booleans(),
        ),
        min_size=1,
        max_size=10,
    ),
)
def test_no_circuit_ever_has_more_than_it_carries(
    inner: float, outer: float, steps: list[tuple[int, tuple[float, float, float], float | None, bool]]
) -> None:
    """Whatever the house and the cars do, once all was read."""
    bench = _bench(_circuit("inner", inner, "a", "b"), _circuit("outer", outer, "a", "b", "c"))
    bench.run(10, 0.0, 0.0, 0.0)
    for seconds, house, draws_a, meter in steps:
        bench.cars["a"].draws_a = draws_a
        for _ in range(seconds):
            bench.step(*house, meter=meter)
            offers = {name: car.offer_a for name, car in bench.cars.items()}
            assert offers["a"] + offers["b"] <= inner + 1e-6
            assert sum(offers.values()) <= outer + 1e-6
            assert all(amps == 0 or amps >= 6 for amps in offers.values())
