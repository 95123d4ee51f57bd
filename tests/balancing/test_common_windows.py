"""The windows that several schedules have in common, and a change of them."""

from datetime import date, time

from hypothesis import given, strategies as st

from custom_components.evse_pilot.balancing.common_windows import changed_alike, common
from custom_components.evse_pilot.scheduling.schedule import Schedule, Window
from tests.scheduling.strategies import with_dates

WINDOWS = tuple(Window(day=date(2026, 11, 20 + number), start=time(1), end=time(5)) for number in range(6))
SCHEDULES = st.builds(
    Schedule,
    windows=st.lists(st.sampled_from(WINDOWS), unique=True).map(tuple),
    enabled=st.booleans(),
)


@given(st.lists(SCHEDULES, min_size=1, max_size=4), SCHEDULES)
def test_n19_a_change_of_what_is_common(owns: list[Schedule], after: Schedule) -> None:
    """What is asked is common then, what only some had stays with them, and what was common and is not asked has gone."""
    before = common(owns)
    assert {*before.windows} == set.intersection(*({*own.windows} for own in owns))
    changed = [changed_alike(own, before, after) for own in owns]
    assert {*after.windows} <= {*common(changed).windows}
    for own, new in zip(owns, changed, strict=True):
        assert {*new.windows} == {*own.windows} - {*before.windows} | {*after.windows}
        assert len(set(new.windows)) == len(new.windows)
        assert (new.enabled, new.outside) == (own.enabled, own.outside)


@given(with_dates(date(2026, 3, 1), date(2026, 3, 14)))
def test_n19_without_a_change(schedule: Schedule) -> None:
    """Nothing changes where nothing is asked, also where one window is there twice."""
    assert changed_alike(schedule, common([schedule, schedule]), common([schedule])) == schedule
    assert common([]) == Schedule()
