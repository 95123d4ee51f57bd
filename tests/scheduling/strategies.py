"""Weeks at random, as hypothesis draws them."""

from dataclasses import replace
from datetime import date, time, timedelta

from hypothesis import strategies as st

from custom_components.evse_pilot.scheduling.schedule import Outside, Permit, Schedule, Weekday, Window

TIMES = st.integers(0, 1439).map(lambda minute: time(minute // 60, minute % 60))
CURRENTS = st.sampled_from([None, 0, 6, 10, 16, 32])


@st.composite
def _windows(draw: st.DrawFn) -> Window:
    start, end = draw(TIMES), draw(TIMES)
    if start == end:
        start = end = time()
    return Window(
        days=draw(st.frozensets(st.sampled_from(Weekday), min_size=1)),
        start=start,
        end=end,
        permit=Permit(current_a=draw(CURRENTS)),
    )


SCHEDULES = st.builds(
    Schedule,
    windows=st.lists(_windows(), max_size=4).map(tuple),
    outside=st.sampled_from(Outside),
)


@st.composite
def with_dates(draw: st.DrawFn, first: date, last: date) -> Schedule:
    """Draw a schedule of which windows come once, and others do not come, on dates between two."""
    dates = st.integers(0, (last - first).days).map(lambda days: first + timedelta(days=days))
    windows = []
    for window in draw(st.lists(_windows(), max_size=4)):
        if draw(st.booleans()):
            windows.append(replace(window, days=frozenset(), day=draw(dates)))
        else:
            found = draw(st.frozensets(dates, max_size=4))
            windows.append(replace(window, exceptions=frozenset(filter(window.comes_on, found))))
    return Schedule(windows=tuple(windows), outside=draw(st.sampled_from(Outside)))
