"""A car that takes no more, and not only for a moment. Case N15."""

import pytest

from custom_components.evse_pilot.sessions.finished import TakesNoMore


def read(calm: TakesNoMore, t: float, *, draws: bool = False, may: bool | None = True) -> bool:
    """Take a reading of a car that has charged."""
    return calm.read(t, draws=draws, may_charge=may, has_charged=True)


def test_n15_finished_after_five_calm_minutes() -> None:
    """Each time it draws, the minutes begin anew, and it charges at once when it draws again."""
    calm = TakesNoMore()
    assert not read(calm, 0, draws=True)
    assert not any(read(calm, t) for t in range(5, 300, 5))
    assert not read(calm, 300, draws=True)
    assert not any(read(calm, t) for t in range(305, 605, 5))
    assert read(calm, 605)
    assert read(calm, 610)
    assert not read(calm, 615, draws=True)
    assert not read(calm, 620)


@pytest.mark.parametrize("may", [False, None])
def test_n15_a_car_that_may_not_charge_is_not_finished(may: bool | None) -> None:
    """Nor one of which that is not known."""
    calm = TakesNoMore()
    read(calm, 0, draws=True)
    assert not any(read(calm, t, may=may) for t in range(5, 1000, 5))


def test_n15_a_car_that_has_not_charged_is_not_finished() -> None:
    """It may sleep, or wait for its own start time."""
    calm = TakesNoMore()
    assert not any(calm.read(t, draws=False, may_charge=True, has_charged=False) for t in range(0, 1000, 5))


def test_n15_over_a_restart_and_an_absence() -> None:
    """A finished car stays so until it is known not to be; an absence is no calm."""
    calm = TakesNoMore(is_finished=True)
    assert read(calm, 0, may=None)
    assert read(calm, 5)
    calm = TakesNoMore()
    read(calm, 0)
    calm.absent()
    assert not read(calm, 1000)
    assert read(calm, 1300)
    assert not read(calm, 1305, may=False)
