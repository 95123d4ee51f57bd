"""Sharing out a room that is known: what must hold for any room and any chargers."""

from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.evse_pilot.balancing.law.allocate import (
    EPSILON_A,
    Demand,
    Limit,
    first_full,
    share,
    too_much,
)
from custom_components.evse_pilot.control.claim import Reason

PHASES = st.sampled_from([(0,), (1,), (2,), (0, 1), (0, 1, 2)])


def limit_of(phases: tuple[int, ...], room_a: float, reason: Reason) -> Limit:
    """Return a limit of these phases with so much room."""
    return Limit(
        phases=phases,
        room_a=room_a,
        stay_a=room_a,
        slack_a=0.0,
        wakes_a=0.0,
        careful_a=room_a,
        safe_a=room_a,
        calm_a=room_a,
        reason=reason,
    )


def fuse(phase: int, room_a: float) -> Limit:
    """Return the fuse of a phase with so much room."""
    return limit_of((phase,), room_a, Reason.MAIN_FUSE)


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
    limits.append(limit_of((0, 1, 2), sum_a, Reason.SUM_CEILING))
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


@given(demands(), ROOMS, st.booleans())
def test_nothing_is_left_that_a_charger_could_use(
    them: list[Demand], rooms: tuple[float, ...], in_order: bool
) -> None:
    """A charger that has less than it could use has a full fuse on one of its phases."""
    limits = [fuse(n, room) for n, room in enumerate(rooms)]
    if too_much(them, limits, rooms):
        return
    given_a = share(them, limits, rooms, in_order=in_order)
    used = [sum(a for c, a in zip(them, given_a, strict=True) if n in c.phases) for n in range(3)]
    for each, amps in zip(them, given_a, strict=True):
        assert amps >= each.maximum_a - 1e-5 or any(used[n] >= rooms[n] - 1e-4 for n in each.phases)


@given(demands(), ROOMS)
def test_none_has_less_than_another_at_the_fuse_that_stops_it(
    them: list[Demand], rooms: tuple[float, ...]
) -> None:
    """Only one that has no more than its minimum may have more than its neighbours at a full fuse."""
    for each in them:
        each.wanted_a = each.maximum_a
    limits = [fuse(n, room) for n, room in enumerate(rooms)]
    if too_much(them, limits, rooms):
        return
    pairs = list(zip(them, share(them, limits, rooms, in_order=False), strict=True))
    for each, amps in pairs:
        most_a = [
            max(a for c, a in pairs if n in c.phases and (c is each or a > c.minimum_a + 1e-5))
            for n in each.phases
            if sum(a for c, a in pairs if n in c.phases) >= rooms[n] - 1e-4
        ]
        assert amps >= each.maximum_a - 1e-5 or amps >= min(most_a) - 1e-4


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


def test_a_room_of_just_the_minimum_is_enough() -> None:
    """What is left of a fuse is a difference of tenths, which may fall short by the dust of binary fractions."""
    left_a = 10.2 - 4.2
    assert left_a < 6
    assert too_much([demand("a", (0,))], [fuse(0, left_a)], [left_a]) is None


def test_less_than_an_ampere_can_be_too_much() -> None:
    """A limit is full with whatever does not fit; where nothing is needed even a broken one is not."""
    limits = [fuse(0, 0.2), fuse(1, 0.2), fuse(2, -1)]
    rooms = [0.2, 0.2, -1]
    assert first_full([0.1, 0.3, 0], limits, rooms) is limits[1]
    assert first_full([0.1, 0.2, 0], limits, rooms) is None
    assert first_full([0.1, 0.2, 0.1], limits, rooms) is limits[2]


# For what a charger counts


def test_a_circuit_bounds_its_own_chargers_only() -> None:
    """A charger beside it may have all of the mains."""
    circuit = limit_of((0,), 10, Reason.CIRCUIT)
    circuit.members = frozenset({"a"})
    them = [demand("a", (0,)), demand("b", (0,))]
    assert share(them, [circuit, fuse(0, 40)], [10, 40], in_order=False) == [10, 16]
    assert circuit.phase == 1


def test_the_unbalance_does_not_bound_a_car_on_all_phases() -> None:
    """It is bounded by those that are on one or two."""
    unbalance = limit_of((0,), 10, Reason.UNBALANCE)
    unbalance.fewer_than = 3
    them = [demand("a", (0, 1, 2)), demand("b", (0, 1))]
    assert share(them, [unbalance], [10], in_order=False) == [16, 10]
    assert unbalance.phase is None


def test_a_car_counts_for_all_phases_in_a_sum() -> None:
    """An ampere on three phases is three, for a car that was seen to use them."""
    ceiling = limit_of((0, 1, 2), 36, Reason.PEAK)
    assert ceiling.weight("a", (0, 1, 2)) == 3
    assert share([demand("a", (0, 1, 2))], [ceiling], [36], in_order=False) == [12]
    assert share([demand("a", (1,)), demand("b", (0, 2))], [ceiling], [36], in_order=False) == [12, 12]


def test_a_car_is_tried_below_a_peak_but_not_at_a_fuse() -> None:
    """It may use one phase only: that a quarter of an hour is too high for a moment is borne, a fuse is not."""
    new = demand("a", (0, 1, 2))
    new.is_tried = False
    for reason, room_a in ((Reason.PEAK, 16), (Reason.SUM_CEILING, 48)):
        limit = limit_of((0, 1, 2), room_a, reason)
        assert share([new], [limit], [room_a], in_order=False) == [16]
    elsewhere = limit_of((1, 2), 0, Reason.PEAK)
    assert elsewhere.weight("a", (0,), is_tried=False) == 0


def test_a_limit_begins_without_chargers() -> None:
    """What they draw, leave and may take at any moment is put on it by the law, and nothing is there by itself."""
    limit = fuse(0, 20)
    assert (limit.used_a, limit.leaving_a, limit.kept_a) == (0, 0, 0)
