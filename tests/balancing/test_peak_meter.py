"""What is counted in the windows of a peak tariff, and the highest of a month."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st

from custom_components.evse_pilot.balancing.peaks.meter import Window, WindowMeter
from custom_components.evse_pilot.balancing.peaks.month import Month, Peak, mean_w

_QUARTER_S = 900.0


def _start(now_s: float) -> float:
    return now_s // _QUARTER_S * _QUARTER_S


def _meter(now_s: float = 9000.0, assumed_w: float = 0.0, **changes: Any) -> WindowMeter:
    return WindowMeter(_start, _QUARTER_S, now_s, assumed_w=assumed_w, **changes)


def test_the_mean_of_a_window() -> None:
    """A third of it at 3 kW, the rest at 600 W; what is fed in counts nothing."""
    meter = _meter()
    for t in range(9000, 9300, 10):
        assert not meter.read(t, 3000)
    for t in range(9300, 9900, 10):
        assert not meter.read(t, 600)
    [window] = meter.read(9900, -5000)
    assert round(window.mean_w) == 1400
    assert window.is_measured
    for t in range(9910, 10800, 10):
        meter.read(t, -5000)
    [window] = meter.advance(10800)
    assert window.mean_w == 0


def test_what_is_left() -> None:
    """Of a target of 4 kW, five minutes at 6 kW leave ten at 3 kW."""
    meter = _meter()
    for t in range(9000, 9301, 10):
        meter.read(t, 6000)
    assert meter.left_s(9300) == 600
    assert meter.left_ws(4000) == 600 * 3000
    assert round(meter.predicted_w(9300)) == 6000


def test_a_hole_counts_as_the_higher_of_its_ends() -> None:
    """And with too much of it the window is not measured."""
    meter = _meter()
    meter.read(9000, 1000)
    meter.read(9200, 4000)
    # The first 40 s are no hole yet.
    assert 800_000 - 40 * 3000 <= meter.window.drawn_ws <= 800_000
    meter.read(9230, 500)
    assert not meter.window.is_measured
    falling = _meter()
    falling.read(9000, 4000)
    falling.read(9200, 1000)
    assert falling.window.drawn_ws == 800_000


def test_a_start_within_a_window() -> None:
    """What was not read of it is taken for what is assumed, or what was stored."""
    meter = _meter(9450, assumed_w=4000)
    assert meter.window.drawn_ws == 450 * 4000
    assert not meter.window.is_measured
    stored = Window(start_s=9000, length_s=_QUARTER_S, drawn_ws=100_000)
    meter = _meter(9450, assumed_w=4000, stored=stored, stored_s=9430)
    assert meter.window.drawn_ws == 100_000 + 20 * 4000
    assert meter.window.is_measured
    # That of another window, or of another length, is of no use.
    for other in (Window(start_s=8100, length_s=_QUARTER_S), Window(start_s=9000, length_s=3600)):
        assert _meter(9450, assumed_w=4000, stored=other, stored_s=9440).window.drawn_ws == 450 * 4000


def test_a_clock_that_is_set() -> None:
    """Back: nothing counts twice. Forward by days: only the window of now is begun."""
    meter = _meter()
    meter.read(9100, 1000)
    meter.read(9200, 1000)
    drawn_ws = meter.window.drawn_ws
    meter.read(9150, 1000)
    assert meter.window.drawn_ws == drawn_ws
    over = meter.read(9150 + 3 * 86400, 1000)
    assert len(over) == 1
    assert meter.window.start_s == _start(9150 + 3 * 86400)


def test_the_meters_own_mean() -> None:
    """It counts instead of what was read here, and knows the holes; near an edge it may be of another window."""
    meter = _meter(9450, assumed_w=4000)
    meter.read_mean(9460, 800, most_w=17_000)
    assert meter.window.mean_w == 800
    assert meter.window.is_measured
    for odd in (700, 40_000, -1, float("nan")):
        meter.read_mean(9470, odd, most_w=17_000)
        assert meter.window.mean_w >= 800
        assert meter.window.mean_w < 4000
    meter.read_mean(9890, 3000, most_w=17_000)
    assert meter.window.mean_w < 3000
    meter.read_mean(9905, 2900, most_w=17_000)
    assert meter.window.drawn_ws < 900 * 2900


@given(readings=st.lists(st.tuples(st.floats(0.5, 200), st.floats(-9000, 20_000)), min_size=1, max_size=60))
def test_never_less_than_what_was_drawn(readings: list[tuple[float, float]]) -> None:
    """Whatever the gaps, what is counted is at least what each reading shows, until the next one."""
    meter, t = _meter(assumed_w=0.0), 9000.0
    windows, least_ws, watts = [], 0.0, 0.0
    for gap_s, power_w in readings:
        least_ws += watts * gap_s
        t += gap_s
        windows += meter.read(t, power_w)
        watts = max(0.0, power_w)
    counted_ws = sum(window.drawn_ws for window in windows) + meter.window.drawn_ws
    assert counted_ws >= least_ws - 1e-3
    starts = [window.start_s for window in windows]
    assert starts == sorted(set(starts))


def _peak(day: int, hour: int, watts: float, month: int = 11) -> Peak:
    return Peak(start=datetime(2026, month, day, hour, tzinfo=UTC), mean_w=watts)


def test_a_month() -> None:
    """One window of each day, the highest of all, and nothing of the month before."""
    month = Month(first=date(2026, 11, 1))
    for day, hour, watts in ((1, 8, 3000), (1, 19, 5000), (1, 20, 4800), (2, 7, 4000), (3, 7, 1000)):
        month = month.add(_peak(day, hour, watts))
    assert month.peak == _peak(1, 19, 5000)
    assert [peak.mean_w for peak in month.highest] == [5000, 4800, 4000, 3000, 1000]
    assert [peak.mean_w for peak in month.highest_of_days] == [5000, 4000, 1000]
    assert mean_w(month.highest_of_days, 2) == 4500
    assert mean_w((), 3) is None
    # One that ended before the month began is not of it, and a new month begins empty.
    assert month.add(_peak(31, 23, 9000, month=10)) == month
    assert month.add(_peak(1, 0, 700, month=12)).highest == (_peak(1, 0, 700, month=12),)
    assert month.at(date(2026, 12, 1)).peak is None
    assert month.at(date(2026, 11, 30)) is month


@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 95), st.floats(0, 20_000)), max_size=80))
def test_the_highest_of_a_month_are_the_highest(found: list[tuple[int, int, float]]) -> None:
    """In whatever order they come."""
    first = datetime(2026, 11, 1, tzinfo=UTC)
    peaks = [Peak(start=first + timedelta(days=d, minutes=15 * q), mean_w=w) for d, q, w in found]
    month = Month(first=first.date())
    for peak in peaks:
        month = month.add(peak)
    assert [p.mean_w for p in month.highest] == sorted((p.mean_w for p in peaks), reverse=True)[:5]
    days = {p.start.date() for p in peaks}
    highest = [max(p.mean_w for p in peaks if p.start.date() == day) for day in days]
    assert [p.mean_w for p in month.highest_of_days] == sorted(highest, reverse=True)[:5]
