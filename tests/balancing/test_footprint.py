"""On which phases a car charges whose charger measures nothing."""

from hypothesis import given, strategies as st

from custom_components.evse_pilot.balancing.law.footprint import Footprint

ALL = (0, 1, 2)


def rest(house_a: float, car_a: float, phases: tuple[int, ...]) -> dict[int, float]:
    """Return what three phases have, of which some have the car."""
    return {n: house_a + car_a * (n in phases) for n in ALL}


def test_two_changes_show_the_phases() -> None:
    """One may have been the house; the second one shows that a car charges on one phase."""
    footprint = Footprint()
    for t, amps in enumerate((16.0, 10.0)):
        footprint.watch(10.0 * t, amps, rest(2, amps, (0,)), [])
    assert footprint.unused == frozenset()
    footprint.watch(20.0, 16.0, rest(2, 16.0, (0,)), [])
    assert footprint.unused == {1, 2}
    assert footprint.used == {0}
    footprint.forget()
    assert footprint.unused == footprint.used == frozenset()


def test_a_phase_that_gains_is_used_again() -> None:
    """What was found once is given up as soon as the mains show the opposite."""
    footprint = Footprint()
    for t, amps in enumerate((16.0, 10.0, 16.0)):
        footprint.watch(10.0 * t, amps, rest(2, amps, (0,)), [])
    footprint.watch(30.0, 8.0, rest(2, 8.0, ALL), [])
    assert footprint.unused == frozenset()


def test_a_car_that_does_not_follow_shows_nothing() -> None:
    """A car that is full, or sleeps, moves no phase; that is no sign of where it would charge."""
    footprint = Footprint()
    for t, amps in enumerate((16.0, 10.0, 16.0, 6.0)):
        footprint.watch(10.0 * t, amps, rest(2, 0.0, ()), [])
    assert footprint.unused == frozenset()


def test_small_steps_are_taken_together() -> None:
    """A limit that rises by an ampere at a time is compared with what it was."""
    footprint = Footprint()
    for t in range(9):
        footprint.watch(10.0 * t, 6.0 + t, rest(2, 6.0 + t, (1,)), [])
    assert footprint.unused == {0, 2}


def test_not_compared_with_long_ago() -> None:
    """The house does not stay as it was: a change that took minutes shows nothing."""
    footprint = Footprint()
    for t, amps in enumerate((16.0, 10.0, 16.0, 10.0)):
        footprint.watch(200.0 * t, amps, rest(2, amps, (0,)), [])
    assert footprint.unused == frozenset()


def test_not_compared_while_others_moved() -> None:
    """Where two chargers measure nothing, the mains show one only while the other stays."""
    footprint = Footprint()
    for t, amps in enumerate((16.0, 10.0, 16.0, 10.0)):
        footprint.watch(10.0 * t, amps, rest(2, amps, (0,)), [6.0 + t])
    assert footprint.unused == frozenset()


@given(
    phases=st.sampled_from([(0,), (1, 2), ALL]),
    offers=st.lists(st.floats(6, 32), max_size=20),
    noise=st.lists(st.floats(-0.5, 0.5), min_size=20, max_size=20),
)
def test_a_phase_in_use_is_never_found_unused(
    phases: tuple[int, ...], offers: list[float], noise: list[float]
) -> None:
    """In a house that wavers by half an ampere a phase that the car charges on counts, whatever is offered."""
    footprint = Footprint()
    for t, (amps, wavers_a) in enumerate(zip(offers, noise, strict=False)):
        footprint.watch(5.0 * t, amps, rest(2 + wavers_a, amps, phases), [])
        assert not footprint.unused & set(phases)
