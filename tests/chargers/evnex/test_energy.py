"""Energy summed up from power: arithmetic only."""

from chargers.evnex.energy import LONGEST_GAP_S, EnergySum
from hypothesis import given, strategies as st
import pytest

POWER = st.floats(0, 20_000)


def total(*readings: tuple[float, float | None]) -> float:
    """Return the energy of these readings."""
    energy = EnergySum()
    for at_s, power_w in readings:
        energy = energy.after(at_s, power_w, True)
    return energy.total_wh


def test_the_mean_of_both_powers_counts() -> None:
    """An hour at 3600 W is 3600 Wh, and a rise counts with its middle."""
    assert total(*((second, 3600.0) for second in range(0, 3601, 3))) == pytest.approx(3600)
    assert total((0, 0), (3, 7200)) == pytest.approx(3)


def test_nothing_is_counted_over_a_gap() -> None:
    """What was drawn between readings far apart is not known, nor what was drawn before the first reading."""
    assert total((0, 7000), (LONGEST_GAP_S + 0.1, 7000)) == 0
    assert total((0, 7000), (LONGEST_GAP_S, 7000)) == pytest.approx(7000 * LONGEST_GAP_S / 3600)
    assert total((1e9, 7000)) == 0


def test_a_power_that_is_not_known_counts_for_nothing() -> None:
    """A reading without power is a gap."""
    assert total((0, 7200), (3, None), (6, 7200)) == 0
    assert total((0, 7200), (3, None), (6, 7200), (9, 7200)) == pytest.approx(6)


def test_a_clock_that_was_set_back_adds_nothing() -> None:
    """Time that runs backwards takes nothing away."""
    assert total((100, 7200), (50, 7200)) == 0
    assert total((100, 7200), (50, 7200), (53, 7200)) == pytest.approx(6)
    assert total((100, 7200), (100, 7200)) == 0


def test_a_session_begins_with_the_plug() -> None:
    """What was charged before is kept until the next car is plugged in, through pauses and faults."""
    energy = EnergySum()
    for at_s, plugged_in in enumerate([False, True, True, None, None, True]):
        energy = energy.after(at_s, 3600, plugged_in)
    # The second in which the plug went in counts, for its second half might have been drawn.
    assert energy.session_wh == pytest.approx(5)
    assert energy.after(6, 3600, False).session_wh == pytest.approx(6)
    again = energy.after(6, 0, False).after(7, 0, True)
    assert again.session_wh == 0
    assert again.total_wh == pytest.approx(5.5)


@given(st.lists(st.tuples(st.floats(0, 1e10), st.none() | POWER, st.none() | st.booleans())))
def test_the_total_never_falls(readings: list[tuple[float, float | None, bool | None]]) -> None:
    """Whatever comes in whatever order, the total only grows, by no more than the highest power would."""
    energy = EnergySum()
    highest = max((power_w for _, power_w, _ in readings if power_w is not None), default=0)
    for at_s, power_w, plugged_in in readings:
        after = energy.after(at_s, power_w, plugged_in)
        assert 0 <= after.total_wh - energy.total_wh <= highest * LONGEST_GAP_S / 3600 + 1e-3
        assert 0 <= after.session_wh <= after.total_wh
        energy = after


@given(st.lists(st.tuples(st.floats(0.1, 10), POWER), min_size=2), st.integers(0, 5))
def test_more_readings_change_nothing(readings: list[tuple[float, float]], more: int) -> None:
    """A power that does not change adds up to the same, however often it is read."""
    _, power_w = readings[0]
    span_s = sum(between_s for between_s, _ in readings)
    steps = int(span_s / LONGEST_GAP_S) + 1 + more
    assert total(*((step * span_s / steps, power_w) for step in range(steps + 1))) == pytest.approx(
        power_w * span_s / 3600
    )
