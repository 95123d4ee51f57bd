"""Weeks at random, as hypothesis draws them."""

from datetime import time

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
