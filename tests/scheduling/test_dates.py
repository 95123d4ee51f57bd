"""Windows that come once, and dates on which a window does not come."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.evse_pilot.chargers.errors import ChargerRefusedError
from custom_components.evse_pilot.scheduling.dates import (
    changed,
    check_dates,
    is_to_come,
    without_dates,
    without_past,
)
from custom_components.evse_pilot.scheduling.event import uid_of
from custom_components.evse_pilot.scheduling.schedule import (
    ALLOWED,
    PAUSED,
    Occurrence,
    Outside,
    Permit,
    Schedule,
    Weekday,
    Window,
    check,
    describe,
    next_occurrence,
    occurrences,
    outlook,
    outside_of,
    permit_at,
    slots,
)

from .strategies import with_dates
from .test_schedule import AMSTERDAM, EVERY_DAY, ZONES, at, window

# Around the changes of the clocks in Amsterdam, New York, on Lord Howe Island and in Casablanca, and far from them.
DAYS = [
    date(2026, month, day)
    for month, day in (
        (3, 29),
        (10, 25),
        (3, 8),
        (11, 1),
        (4, 5),
        (10, 4),
        (2, 15),
        (3, 22),
        (7, 1),
        (12, 31),
    )
]
MONDAYS = frozenset({Weekday.MONDAY})


@st.composite
def moments(draw: st.DrawFn) -> tuple[Schedule, datetime, ZoneInfo]:
    """Draw a zone, a moment, and a schedule with dates that lie near."""
    zone, day = ZoneInfo(draw(st.sampled_from(ZONES))), draw(st.sampled_from(DAYS))
    moment = datetime.combine(day, time(), UTC) + timedelta(minutes=draw(st.integers(-2000, 4000)))
    return draw(with_dates(day - timedelta(days=3), day + timedelta(days=3))), moment, zone


def brute_force(schedule: Schedule, moment: datetime, zone: ZoneInfo) -> Permit:
    """Return what holds, by a clock at the wall that never goes back, and without a moment of any window."""
    wall = max(
        (moment - timedelta(minutes=ago)).astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
        for ago in range(181)
    )
    holding = []
    for each in schedule.windows:
        for day in (wall.date(), wall.date() - timedelta(days=1)):
            begins = datetime.combine(day, each.start)
            is_its_day = day == each.day if each.day else (list(Weekday)[day.weekday()] in each.days)
            lasts = begins <= wall < begins + timedelta(minutes=each.length_min)
            if is_its_day and day not in each.exceptions and lasts:
                holding.append(each.permit)
    if holding:
        return min(holding, key=lambda permit: float("inf") if permit.current_a is None else permit.current_a)
    is_all_pauses = all(each.permit.current_a == 0 for each in schedule.windows)
    return ALLOWED if is_all_pauses or schedule.outside is Outside.ALLOWED else PAUSED


@given(moments())
@settings(max_examples=500)
def test_n19_what_holds_by_brute_force(drawn: tuple[Schedule, datetime, ZoneInfo]) -> None:
    """With dates and exceptions, and while the clocks change, the same holds as by looking at each minute of a wall's clock."""
    schedule, moment, zone = drawn
    assert permit_at(schedule, moment, zone) == brute_force(schedule, moment, zone)
    assert outlook(schedule, moment, zone).permit == brute_force(schedule, moment, zone)


@given(moments(), st.floats(0, 1, exclude_max=True))
@settings(max_examples=200)
def test_n19_nothing_changes_before_the_next_edge(
    drawn: tuple[Schedule, datetime, ZoneInfo], part: float
) -> None:
    """Until the next edge the same holds, so that waking up there is enough."""
    schedule, moment, zone = drawn
    found = outlook(schedule, moment, zone)
    before = min(moment + (found.until - moment) * part, found.until - timedelta(microseconds=1))
    assert permit_at(schedule, before, zone) == found.permit


@given(moments())
@settings(max_examples=100)
def test_n19_next_start_and_end(drawn: tuple[Schedule, datetime, ZoneInfo]) -> None:
    """The next start and end are those that are met on the way from edge to edge, until one week is like the other."""
    schedule, moment, zone = drawn
    found = outlook(schedule, moment, zone)
    start = end = None
    now = found
    while now.until < moment + timedelta(days=20) and not (start and end):
        then = outlook(schedule, now.until, zone)
        if then.permit.is_pause and not now.permit.is_pause:
            end = end or then.since
        elif now.permit.is_pause and not then.permit.is_pause:
            start = start or then.since
        now = then
    assert (found.next_start, found.next_end) == (start, end)


@given(moments(), st.integers(0, 20000))
@settings(max_examples=200)
def test_n19_what_is_over_can_be_dropped(drawn: tuple[Schedule, datetime, ZoneInfo], later: int) -> None:
    """Without what is over the same holds from then on, where the same holds outside of the windows."""
    schedule, moment, zone = drawn
    kept = without_past(schedule, moment, zone)
    assert without_past(kept, moment, zone) is kept
    for each in kept.windows:
        assert each.day is None or is_to_come(each, each.day, moment, zone)
    if outside_of(kept) == outside_of(schedule):
        then = moment + timedelta(minutes=later)
        assert permit_at(kept, then, zone) == permit_at(schedule, then, zone)
    # Nothing is lost too early: all that is still to be shown is there.
    span = (moment, moment + timedelta(days=9))
    assert spans(occurrences(kept, *span, zone)) == spans(occurrences(schedule, *span, zone))


def spans(found: list[Occurrence]) -> list[tuple[datetime, datetime]]:
    """Return the moments of windows."""
    return sorted((each.start, each.end) for each in found)


@given(moments(), st.data())
@settings(max_examples=200)
def test_n19_one_event_is_changed_alone(
    drawn: tuple[Schedule, datetime, ZoneInfo], data: st.DataObject
) -> None:
    """Without one event, or with another in its place, all the others are as before."""
    schedule, moment, zone = drawn
    span = (moment, moment + timedelta(days=15))
    before = occurrences(schedule, *span, zone)
    if not before or len(set(spans(before))) < len(before):
        return
    one = data.draw(st.sampled_from(before))
    day = one.start.astimezone(zone).date() if one.window.day is None else None
    after = changed(schedule, uid_of(one.window), day, None, moment=moment, zone=zone)
    check(after)
    assert spans(occurrences(after, *span, zone)) == sorted({*spans(before)} - {(one.start, one.end)})
    once = Window(day=(moment + timedelta(days=4)).date(), start=time(12), end=time(13))
    moved = changed(schedule, uid_of(one.window), day, lambda _: once, moment=moment, zone=zone)
    assert set(moved.windows) == {*after.windows, once}


def test_n19_only_tonight() -> None:
    """A window of a date holds on that date, beside the others: the smaller current where they overlap."""
    night = window("23:00", "06:30", current_a=16)
    tonight = Window(
        day=date(2026, 11, 20), start=time(20), end=time(1), permit=Permit(current_a=10), title="Zoe"
    )
    schedule = Schedule(windows=(night, tonight))
    holds = {
        "2026-11-20T19:59": PAUSED,
        "2026-11-20T20:00": Permit(current_a=10),
        "2026-11-20T23:30": Permit(current_a=10),
        "2026-11-21T01:00": Permit(current_a=16),
        "2026-11-21T20:00": PAUSED,
        "2026-11-27T20:00": PAUSED,
    }
    for moment, permit in holds.items():
        assert permit_at(schedule, at(moment), AMSTERDAM) == permit
    assert describe(tonight) == "2026-11-20 20:00-01:00"


def test_n19_not_this_monday() -> None:
    """A window does not come on the date of an exception, and what of it is after midnight does not either."""
    night = replace(window("23:00", "06:30", MONDAYS), exceptions=frozenset({date(2026, 11, 23)}))
    schedule = Schedule(windows=(night,))
    for moment, permit in {
        "2026-11-16T23:00": ALLOWED,
        "2026-11-23T23:00": PAUSED,
        "2026-11-24T06:00": PAUSED,
        "2026-11-30T23:00": ALLOWED,
    }.items():
        assert permit_at(schedule, at(moment), AMSTERDAM) == permit
    found = outlook(schedule, at("2026-11-23T12:00"), AMSTERDAM)
    assert (found.next_start, found.next_end) == (at("2026-11-30T23:00"), at("2026-12-01T06:30"))


def test_n19_a_start_in_weeks_is_found() -> None:
    """The next start may be a date in three weeks, or the first night after a holiday."""
    now = at("2026-11-20T12:00")
    once = Schedule(windows=(Window(day=date(2026, 12, 11), start=time(23), end=time(6)),))
    found = outlook(once, now, AMSTERDAM)
    assert (found.permit, found.next_start) == (PAUSED, at("2026-12-11T23:00"))
    # To be looked at again, as every week.
    assert found.until == now + timedelta(days=8)
    holiday = frozenset(date(2026, 11, 20) + timedelta(days=days) for days in range(30))
    nights = replace(window("23:00", "06:30"), exceptions=holiday)
    for schedule, start in ((once, "2026-12-11T23:00"), (Schedule(windows=(nights,)), "2026-12-20T23:00")):
        assert outlook(schedule, now, AMSTERDAM).next_start == at(start)
        coming = next_occurrence(schedule, now, AMSTERDAM)
        assert coming is not None
        assert coming.start == at(start)
    assert next_occurrence(Schedule(), now, AMSTERDAM) is None


def test_n19_a_start_in_weeks_is_found_after_an_end_of_today() -> None:
    """Also where only one of the two is near, and the other way round."""
    now = at("2026-11-20T12:00")
    today = Window(day=date(2026, 11, 20), start=time(10), end=time(12, 30))
    later = Window(day=date(2026, 12, 11), start=time(23), end=time(6))
    found = outlook(Schedule(windows=(today, later)), now, AMSTERDAM)
    assert (found.next_end, found.next_start) == (at("2026-11-20T12:30"), at("2026-12-11T23:00"))
    days_off = frozenset({date(2026, 11, 20), date(2026, 12, 11)})
    always = replace(window("00:00", "00:00"), exceptions=days_off)
    found = outlook(Schedule(windows=(always,)), now, AMSTERDAM)
    assert (found.next_start, found.next_end) == (at("2026-11-21T00:00"), at("2026-12-11T00:00"))


def test_n19_a_date_in_the_hour_that_is_skipped() -> None:
    """A window that the clocks pass over does not come, and cannot be set."""
    skipped = Window(day=date(2026, 3, 29), start=time(2, 10), end=time(2, 50))
    schedule = Schedule(windows=(skipped,))
    now = at("2026-03-28T12:00")
    assert occurrences(schedule, now, now + timedelta(days=3), AMSTERDAM) == []
    with pytest.raises(ChargerRefusedError, match="schedule_over"):
        check_dates(schedule, Schedule(), now, AMSTERDAM)
    check_dates(schedule, Schedule(), now, ZoneInfo("Asia/Kolkata"))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (Window(day=date(2026, 11, 19), start=time(10), end=time(12)), "schedule_over"),
        (Window(day=date(2026, 11, 20), start=time(10), end=time(12)), "schedule_over"),
        (Window(day=date.min, start=time(10), end=time(12)), "schedule_over"),
        (Window(day=date(2027, 11, 22), start=time(10), end=time(12)), "schedule_too_late"),
        (Window(day=date.max, start=time(10), end=time(12)), "schedule_too_late"),
        (
            replace(window("10:00", "12:00"), exceptions=frozenset({date(2028, 1, 1)})),
            "schedule_too_late",
        ),
    ],
)
def test_n19_dates_that_cannot_be_set(bad: Window, reason: str) -> None:
    """A window that is over, and a date that is more than a year ahead, are refused; what was there before stays."""
    now = at("2026-11-20T12:00")
    with pytest.raises(ChargerRefusedError) as refusal:
        check_dates(Schedule(windows=(bad,)), Schedule(), now, AMSTERDAM)
    assert (refusal.value.reason, refusal.value.placeholders["window"]) == (reason, describe(bad))
    check_dates(Schedule(windows=(bad,)), Schedule(windows=(bad,)), now, AMSTERDAM)


def test_n19_dates_that_can_be_set() -> None:
    """A window that lasts, or began yesterday, can be set; an exception that is over does no harm."""
    windows = (
        Window(day=date(2026, 11, 20), start=time(10), end=time(12, 1)),
        Window(day=date(2026, 11, 19), start=time(13), end=time(12, 30)),
        Window(day=date(2027, 11, 21), start=time(10), end=time(12)),
        replace(window("10:00", "12:00"), exceptions=frozenset({date(2020, 1, 1)})),
    )
    check_dates(Schedule(windows=windows), Schedule(), at("2026-11-20T12:00"), AMSTERDAM)


def test_n19_bounds() -> None:
    """As many exceptions as a year has days are enough, 366, and windows of dates count as windows."""
    day = date(2026, 11, 20)
    dates = [day + timedelta(days=days) for days in range(367)]
    check(Schedule(windows=(replace(window("10:00", "12:00"), exceptions=frozenset(dates[1:])),)))
    with pytest.raises(ChargerRefusedError, match="schedule_too_many_exceptions"):
        check(Schedule(windows=(replace(window("10:00", "12:00"), exceptions=frozenset(dates)),)))
    once = tuple(Window(day=each, start=time(1), end=time(2)) for each in dates)
    check(Schedule(windows=once[:200]))
    with pytest.raises(ChargerRefusedError, match="schedule_too_long"):
        check(Schedule(windows=once[:201]))


def test_n19_an_exception_on_a_day_without_the_window() -> None:
    """A window on Mondays has no exception on a Tuesday, and one that comes once has none at all."""
    tuesday = frozenset({date(2026, 11, 24)})
    for bad in (
        replace(window("10:00", "12:00", MONDAYS), exceptions=tuesday),
        Window(day=date(2026, 11, 24), start=time(10), end=time(12), exceptions=tuesday),
    ):
        with pytest.raises(ChargerRefusedError) as refusal:
            check(Schedule(windows=(bad,)))
        assert refusal.value.reason == "schedule_exception"
        assert refusal.value.placeholders == {"window": describe(bad), "date": "2026-11-24"}


@pytest.mark.parametrize(
    ("start", "end", "day", "contradict"),
    [
        ("05:00", "07:00", date(2026, 11, 24), True),
        ("06:30", "07:00", date(2026, 11, 24), False),
        ("22:00", "23:00", date(2026, 11, 23), False),
        ("22:00", "23:01", date(2026, 11, 23), True),
        ("23:30", "23:00", date(2026, 11, 22), False),
        ("23:30", "23:01", date(2026, 11, 22), True),
        # The window does not come on this Monday.
        ("05:00", "07:00", date(2026, 12, 1), False),
    ],
)
def test_n19_contradictions(start: str, end: str, day: date, contradict: bool) -> None:
    """A window of a date may ask for another mode than a weekly one, or another of a date, unless they overlap."""
    night = window("23:00", "06:30", MONDAYS, mode="solar")
    weekly = replace(night, exceptions=frozenset({date(2026, 11, 30)}))
    monday = replace(night, days=frozenset(), day=date(2026, 11, 23))
    once = replace(window(start, end, mode="normal"), days=frozenset(), day=day)
    for pair in ((weekly, once), (once, weekly), (monday, once), (once, monday)):
        if contradict:
            with pytest.raises(ChargerRefusedError, match="schedule_contradicts_itself"):
                check(Schedule(windows=pair))
        else:
            check(Schedule(windows=pair))


def test_n19_a_timetable_holds_no_dates() -> None:
    """What a charger keeps itself is the same every week; what remains without dates is such a week."""
    night = window("23:00", "06:30", MONDAYS)
    skips = replace(night, exceptions=frozenset({date(2026, 11, 23)}))
    once = Window(day=date(2026, 11, 20), start=time(10), end=time(12))
    for schedule in (Schedule(windows=(skips,)), Schedule(windows=(night, once))):
        with pytest.raises(ChargerRefusedError, match="schedule_weeks_only"):
            slots(schedule)
        assert without_dates(schedule) == Schedule(windows=(night,))
        slots(without_dates(schedule))


def test_n19_a_series_that_is_changed_keeps_its_exceptions() -> None:
    """A series that begins an hour later is still left out; one on other days has no exception on a day that it lacks."""
    night = replace(window("23:00", "06:30", EVERY_DAY), exceptions=frozenset({date(2026, 11, 23)}))
    schedule, uid = Schedule(windows=(night,)), uid_of(night)
    now = at("2026-11-20T12:00")
    later = window("22:00", "06:30", EVERY_DAY)
    [found] = changed(schedule, uid, None, lambda _: later, moment=now, zone=AMSTERDAM).windows
    assert found == replace(later, exceptions=night.exceptions)
    sundays = window("23:00", "06:30", frozenset({Weekday.SUNDAY}))
    [found] = changed(schedule, uid, None, lambda _: sundays, moment=now, zone=AMSTERDAM).windows
    assert found == sundays
    once = Window(day=date(2026, 11, 23), start=time(1), end=time(2))
    [found] = changed(schedule, uid, None, lambda _: once, moment=now, zone=AMSTERDAM).windows
    assert found == once
    assert changed(schedule, uid, None, None, moment=now, zone=AMSTERDAM) == Schedule()


@pytest.mark.parametrize(
    ("uid", "day", "reason"),
    [
        ("nothing", None, "schedule_event_gone"),
        (None, date(2026, 11, 24), "schedule_event_gone"),
        (None, date(2026, 11, 30), "schedule_event_gone"),
        (None, date(2026, 11, 16), "schedule_over"),
        (None, date(2020, 11, 16), "schedule_over"),
    ],
)
def test_n19_what_cannot_be_changed_alone(uid: str | None, day: date | None, reason: str) -> None:
    """An event that is not there, or is over, cannot be changed."""
    night = replace(window("23:00", "06:30", MONDAYS), exceptions=frozenset({date(2026, 11, 30)}))
    with pytest.raises(ChargerRefusedError, match=reason):
        changed(
            Schedule(windows=(night,)),
            uid or uid_of(night),
            day,
            None,
            moment=at("2026-11-20T12:00"),
            zone=AMSTERDAM,
        )
