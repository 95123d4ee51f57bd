"""The highest of the values of a while."""

import math

from hypothesis import given, strategies as st

from custom_components.evse_pilot.balancing.law.highest import Highest

_AMPS = st.floats(-100, 100)
_GAPS_S = st.floats(0, 60)


@given(st.lists(st.tuples(_GAPS_S, _AMPS), min_size=1, max_size=60), st.floats(0, 300))
def test_it_is_the_highest_of_all_that_are_not_older(
    readings: list[tuple[float, float]], while_s: float
) -> None:
    """Whatever came when."""
    highest, t = Highest(), 0.0
    seen: list[tuple[float, float]] = []
    for gap_s, amps in readings:
        t += gap_s
        seen.append((t, amps))
        assert highest.add(t, amps, while_s) == max(each for when, each in seen if when >= t - while_s)


def test_what_is_forgotten_counts_no_more() -> None:
    """The next value is the highest."""
    highest = Highest()
    assert highest.add(0, 9, 60) == highest.value == 9
    highest.clear()
    assert highest.value == -math.inf
    assert highest.add(1, 2, 60) == 2
