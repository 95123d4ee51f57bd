"""The current that a block of a schedule helper brings along."""

import pytest

from custom_components.evse_pilot.scheduling.follow import permit_of
from custom_components.evse_pilot.scheduling.schedule import ALLOWED, Permit


@pytest.mark.parametrize(
    ("raw", "current_a"),
    [(8, 8), ("8", 8), (8.5, 8.5), (" 10 ", 10), (16, 16), (40, 16), ("40", 16), (0, 0), ("0", 0)],
)
def test_b1_currents(raw: object, current_a: float) -> None:
    """A number is a ceiling, also as a text; above the charger's maximum it is the maximum."""
    assert permit_of(raw, 6, 16) == Permit(current_a=current_a)


def test_b1_no_current() -> None:
    """A block without a current allows everything."""
    assert permit_of(None, 6, 16) == ALLOWED


@pytest.mark.parametrize(
    "raw", [4, "4", 5.99, 0.1, -1, "much", "", "8 A", True, False, [8], {}, float("nan"), "inf", "nan"]
)
def test_b1_what_cannot_be_used(raw: object) -> None:
    """A current below the minimum, or what is no number, is none."""
    assert permit_of(raw, 6, 16) is None


def test_b1_minimum_of_the_charger() -> None:
    """A charger that starts at 8 A cannot be set to 7 A, and none to less than 6 A."""
    assert permit_of(7, 8, 16) is None
    assert permit_of(5, 0, 16) is None
