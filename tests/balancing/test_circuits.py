"""Circuits: fuses between the main fuse and some chargers, as limits of the same law."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, override

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.evse_pilot.balancing.circuits import outer_of
from custom_components.evse_pilot.balancing.law.model import Circuit
from custom_components.evse_pilot.chargers.types import Status
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


def test_a_car_that_took_nothing_rests_once_it_is_paused() -> None:
    """It may have woken in the second before: what was read of it is no reason to switch it on again at once."""
    bench = _bench(_circuit("garage", 10.0, "a", "b"), a=Car(6.0, draws_a=0.0), b=Car(6.0, draws_a=0.0))
    bench.cars["b"].status = Status.DISCONNECTED
    bench.run(400, 1.0, 1.0, 1.0)
    assert bench.share("a").reason is Reason.CAR_TAKES_NO_MORE
    bench.cars["b"].status = bench.cars["b"].draws_a = None
    bench.run(10, 1.0, 1.0, 1.0)
    assert (bench.amps()["a"], bench.amps()["b"]) == (0, 10)
    bench.cars["b"].status = Status.DISCONNECTED
    bench.run(15, 1.0, 1.0, 1.0)
    assert bench.amps()["a"] == 0
    bench.run(30, 1.0, 1.0, 1.0)
    assert bench.amps()["a"] >= 6


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


class _Board(Bench):
    """A sub-board "garage" with the chargers a and b, other loads, and a meter of its own."""

    def __init__(self, fuse_a: float, safe_a: float = 7.0, **cars: Car) -> None:
        garage = Circuit(id="garage", limit_a=fuse_a - 1, fuse_a=fuse_a, members=frozenset("ab"))
        house = group(
            *(member(name) for name in "abc"), fuse_a=(63.0,) * 3, circuits=(garage,), safe_a=safe_a
        )
        super().__init__(house, **{name: cars.get(name, Car(6.0)) for name in "abc"})
        self.others_a = [0.0, 0.0, 0.0]
        self.meter_works = True
        self.meter_part = 1.0

    @property
    def board_a(self) -> list[float]:
        """Return what flows through the fuse of the sub-board."""
        return [amps + self.cars["a"].drawn_a + self.cars["b"].drawn_a for amps in self.others_a]

    @property
    @override
    def mains(self) -> list[float]:
        return [amps + others for amps, others in zip(super().mains, self.others_a, strict=True)]

    @override
    def read_chargers(self) -> None:
        super().read_chargers()
        if self.meter_works:
            self.law.read_circuit(self.t, "garage", [self.meter_part * amps for amps in self.board_a])


def test_other_loads_on_a_sub_board_with_a_meter_count() -> None:
    """What a welder there leaves is shared, and given back; a charger that is not behind it has no part in that."""
    board = _Board(25.0)
    board.run(120, 2.0, 2.0, 2.0)
    assert board.amps() == pytest.approx({"a": 12.0, "b": 12.0, "c": 16.0}, abs=0.3)
    board.others_a = [0.0, 10.0, 0.0]
    over_s = 0
    for _ in range(60):
        board.step()
        over_s += max(board.board_a) > 25
    assert over_s <= 2
    assert board.amps() == pytest.approx({"a": 7.0, "b": 7.0, "c": 16.0}, abs=0.3)
    assert board.share("a").reason is Reason.CIRCUIT
    assert board.share("a").phase == 2
    board.others_a = [0.0, 0.0, 0.0]
    board.run(120)
    assert board.amps()["a"] > 11


def test_a_silent_meter_of_a_sub_board() -> None:
    """Its chargers have the safe current, and together what the fuse carries; the others go on."""
    board = _Board(25.0)
    board.run(120, 2.0, 2.0, 2.0)
    board.meter_works = False
    decision = board.run(120)
    assert board.amps() == pytest.approx({"a": 7.0, "b": 7.0, "c": 16.0})
    assert board.share("a").reason is Reason.METER_SILENT
    assert decision.meter_silent
    board.meter_works = True
    board.run(120)
    assert board.amps()["a"] > 11
    assert board.decision is not None
    assert not board.decision.meter_silent


def test_d2_a_sub_board_with_nothing_but_its_chargers_is_at_0_once_they_are() -> None:
    """Its meter shows that before the chargers are read, which is a doubt only until then."""
    board = _Board(25.0)
    board.run(120, 2.0, 2.0, 2.0)
    for name in "ab":
        board.cars[name].status, board.cars[name].answers = Status.DISCONNECTED, False
    assert board.run(10, 2.0, 2.0, 2.0).meter_doubted
    for name in "ab":
        board.cars[name].answers = True
    board.run(70, 2.0, 2.0, 2.0)
    decision = board.run(60, 2.0, 2.0, 2.0)
    assert not decision.meter_doubted
    assert not decision.meter_silent
    board.cars["a"].status = None
    board.run(60, 2.0, 2.0, 2.0)
    assert board.amps()["a"] > 11


@pytest.mark.parametrize("safe_a", [0.0, 7.0])
def test_d2_zeros_of_a_sub_board_whose_chargers_draw(safe_a: float) -> None:
    """They were wrong, and raise no charger as long as they go on, also while all are paused."""
    board = _Board(25.0, safe_a)
    board.run(120, 2.0, 2.0, 2.0)
    board.meter_part = 0.0
    board.run(30, 2.0, 2.0, 2.0)
    for _ in range(600):
        decision = board.step()
        assert decision.meter_doubted
        assert max(board.amps()[name] for name in "ab") <= safe_a
    board.meter_part = 1.0
    board.others_a = [1.0, 1.0, 1.0]
    board.run(400)
    assert board.decision is not None
    assert not board.decision.meter_doubted
    assert board.amps()["a"] > 9


def test_the_meter_of_a_circuit_that_is_gone() -> None:
    """Its last reading no longer counts."""
    board = _Board(25.0)
    board.law.group = replace(board.law.group, circuits=())
    board.run(60, 2.0, 2.0, 2.0)
    assert board.amps()["a"] == 16


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.tuples(*[st.floats(0, 24)] * 3), st.integers(1, 90)), min_size=1, max_size=8))
def test_a_sub_board_is_whole_whatever_is_switched_on_there(
    spans: list[tuple[tuple[float, ...], int]],
) -> None:
    """Its fuse has too much for no longer than a meter and a car need."""
    board = _Board(25.0)
    board.run(30, 2.0, 2.0, 2.0)
    over_s = 0
    for others_a, seconds in spans:
        board.others_a = list(others_a)
        for _ in range(seconds):
            board.step()
            over_s = over_s + 1 if max(board.board_a) > 25 else 0
            assert over_s <= 2


@pytest.mark.parametrize("amps", [-1.0, float("nan"), float("inf")])
def test_what_is_no_circuit_is_refused(amps: float) -> None:
    """A limit below 0 A, or none."""
    with pytest.raises(ValueError, match="carries"):
        _circuit("a", amps)


def test_a_circuit_that_may_draw_more_than_its_fuse_is_refused() -> None:
    """What is kept free is 0 A at least."""
    with pytest.raises(ValueError, match="than its fuse"):
        Circuit(id="a", limit_a=26.0, fuse_a=25.0, members=frozenset())


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
