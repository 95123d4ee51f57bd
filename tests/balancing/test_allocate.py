"""Sharing out a room that is known: what must hold for any room and any chargers."""

from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.evse_pilot.balancing.law.allocate import EPSILON_A, Demand, Limit, share, too_much
from custom_components.evse_pilot.control.claim import Reason

PHASES = st.sampled_from([(0,), (1,), (2,), (0, 1), (0, 1, 2)])


def fuse(phase: int, room_a: float) -> Limit:
    """Return the fuse of a phase with so much room."""
    return Limit(
        phases=(phase,),
        room_a=room_a,
        stay_a=room_a,
        slack_a=0.0,
        wakes_a=0.0,
        careful_a=room_a,
        safe_a=room_a,
        calm_a=room_a,
        reason=Reason.MAIN_FUSE,
    )


def demand(name: str, phases: tuple[int, ...], wanted_a: float = 16, maximum_a: float = 16) -> Demand:
    """Return what a charger with a minimum of 6 A could use."""
    return Demand(id=name, phases=phases, minimum_a=6, wanted_a=wanted_a, maximum_a=maximum_a)


@st.composite
def demands(draw: st.DrawFn) -> list[Demand]:
    """Draw up to six chargers."""
    return [
        Demand(
            id=str(n),
            phases=draw(PHASES),
            minimum_a=(least := draw(st.sampled_from([6.0, 8.0, 9.2]))),
            wanted_a=(wanted := draw(st.floats(least, 32))),
            maximum_a=draw(st.floats(wanted, 40)),
        )
        for n in range(draw(st.integers(0, 6)))
    ]


ROOMS = st.tuples(*[st.floats(0, 80)] * 3)


@given(demands(), ROOMS, st.floats(0, 200), st.booleans())
def test_shares_fit_and_are_whole(
    them: list[Demand], rooms: tuple[float, ...], sum_a: float, in_order: bool
) -> None:
    """None gets less than its minimum or more than its maximum, and no limit is broken."""
    limits = [fuse(n, room) for n, room in enumerate(rooms)]
    limits.append(
        Limit(
            phases=(0, 1, 2),
            room_a=sum_a,
            stay_a=sum_a,
            slack_a=0.0,
            wakes_a=0.0,
            careful_a=sum_a,
            safe_a=sum_a,
            calm_a=sum_a,
            reason=Reason.SUM_CEILING,
        )
    )
    bounds = [*rooms, sum_a]
    if too_much(them, limits, bounds):
        return
    given_a = share(them, limits, bounds, in_order=in_order)
    for each, amps in zip(them, given_a, strict=True):
        assert each.minimum_a <= amps <= each.maximum_a + EPSILON_A
    for limit, room in zip(limits, bounds, strict=True):
        used = sum(
            limit.weight(each.id, each.phases) * amps for each, amps in zip(them, given_a, strict=True)
        )
        assert used <= room + 1e-5


@given(demands(), ROOMS, st.randoms())
def test_equal_shares_do_not_depend_on_the_order(
    them: list[Demand], rooms: tuple[float, ...], rng: Random
) -> None:
    """The same chargers get the same, however they are listed."""
    limits = [fuse(n, room) for n, room in enumerate(rooms)]
    if too_much(them, limits, rooms):
        return
    shuffled = list(them)
    rng.shuffle(shuffled)
    first = dict(zip([c.id for c in them], share(them, limits, rooms, in_order=False), strict=True))
    second = dict(zip([c.id for c in shuffled], share(shuffled, limits, rooms, in_order=False), strict=True))
    assert first == pytest.approx(second, abs=1e-4)


@given(demands(), st.floats(0, 80), st.floats(0, 40), st.booleans())
def test_on_one_phase_everybody_gets_less_of_less(
    them: list[Demand], room: float, less: float, in_order: bool
) -> None:
    """Where all share one room, none gains by a smaller one."""
    for each in them:
        each.phases = (0,)
    limits = [fuse(0, room)]
    if too_much(them, limits, [room - less]):
        return
    much = share(them, limits, [room], in_order=in_order)
    little = share(them, limits, [room - less], in_order=in_order)
    assert all(a <= b + 1e-5 for a, b in zip(little, much, strict=True))


def test_equal_shares() -> None:
    """What one cannot use, or may not because of its phase, is the other's."""
    limits = [fuse(0, 20), fuse(1, 30), fuse(2, 14)]
    rooms = [20, 30, 14]
    assert share([demand("a", (0,)), demand("b", (0,))], limits, rooms, in_order=False) == [10, 10]
    assert share([demand("a", (0,), 7), demand("b", (0,))], limits, rooms, in_order=False) == [7, 13]
    both = [demand("a", (0, 1, 2)), demand("b", (1, 2))]
    assert share(both, limits, rooms, in_order=False) == [7, 7]
    assert share([demand("a", (0, 1, 2)), demand("b", (1,))], limits, rooms, in_order=False) == [14, 16]


def test_what_is_wanted_comes_before_what_is_left() -> None:
    """A charger with a car that takes little gets more only if no other would use it."""
    them = [demand("a", (0,), wanted_a=8), demand("b", (0,), wanted_a=12, maximum_a=16)]
    assert share(them, [fuse(0, 20)], [20], in_order=False) == [8, 12]
    assert share(them, [fuse(0, 40)], [40], in_order=False) == [16, 16]


def test_in_order_the_first_is_filled_first() -> None:
    """The last keeps its minimum."""
    them = [demand("a", (0,)), demand("b", (0,)), demand("c", (0,))]
    assert share(them, [fuse(0, 30)], [30], in_order=True) == [16, 8, 6]


def test_the_limit_that_is_too_small_is_named() -> None:
    """A limit that is broken without any of the chargers is not theirs."""
    limits = [fuse(0, -3), fuse(1, 11)]
    assert too_much([demand("a", (1,))], limits, [-3, 11]) is None
    assert too_much([demand("a", (1,)), demand("b", (1,))], limits, [-3, 11]) is limits[1]
    assert limits[1].phase == 2
