"""The window that holds at a time, the next change, and the week in minutes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
import math
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.evse_pilot.chargers.errors import ChargerRefusedError
from custom_components.evse_pilot.chargers.week import WEEK_MIN, WeekSlot
from custom_components.evse_pilot.scheduling.schedule import (
    ALLOWED,
    PAUSED,
    WEEK,
    Outside,
    Permit,
    Schedule,
    Weekday,
    Window,
    check,
    describe,
    from_slots,
    moment_of,
    occurrences,
    outlook,
    permit_at,
    slots,
)

from .strategies import SCHEDULES

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
WORKDAYS = frozenset(WEEK[:5])
EVERY_DAY = frozenset(WEEK)
ZONES = ("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca")


def window(
    start: str,
    end: str,
    days: frozenset[Weekday] = EVERY_DAY,
    current_a: float | None = None,
    **permit: Any,
) -> Window:
    """Return a window of these times."""
    return Window(
        days=days,
        start=time.fromisoformat(start),
        end=time.fromisoformat(end),
        permit=Permit(current_a=current_a, **permit),
    )


def changes(
    schedule: Schedule, moment: datetime, zone: ZoneInfo = AMSTERDAM
) -> Iterator[tuple[datetime, Permit]]:
    """Go from edge to edge for eight days, and return when something else holds, and what."""
    now = outlook(schedule, moment, zone)
    horizon = moment + timedelta(days=8)
    while now.until < horizon:
        then = outlook(schedule, now.until, zone)
        if then.permit != now.permit:
            yield then.since, then.permit
        now = then


def next_change(
    schedule: Schedule, moment: datetime, zone: ZoneInfo = AMSTERDAM
) -> tuple[datetime, Permit] | None:
    """Return when something else holds next, and what; None: never."""
    return next(changes(schedule, moment, zone), None)


def at(text: str, zone: ZoneInfo = AMSTERDAM, *, fold: int = 0) -> datetime:
    """Return a moment of the wall's clock, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


# Charge at night, at 16 A, on weekdays; on Sunday from noon; not between 17:00 and 20:00.
PURPOSE = Schedule(
    windows=(
        window("23:00", "06:30", WORKDAYS, 16),
        window("12:00", "00:00", frozenset({Weekday.SUNDAY})),
        window("17:00", "20:00", current_a=0),
    )
)


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        ("2026-11-16T22:59", PAUSED),
        ("2026-11-16T23:00", Permit(current_a=16)),
        ("2026-11-17T06:29", Permit(current_a=16)),
        ("2026-11-17T06:30", PAUSED),
        # Friday night ends on Saturday.
        ("2026-11-21T06:29", Permit(current_a=16)),
        ("2026-11-21T23:30", PAUSED),
        ("2026-11-22T11:59", PAUSED),
        ("2026-11-22T12:00", ALLOWED),
        ("2026-11-22T17:00", PAUSED),
        ("2026-11-22T20:00", ALLOWED),
        ("2026-11-22T23:59", ALLOWED),
        ("2026-11-23T00:00", PAUSED),
    ],
)
def test_what_holds(moment: str, holds: Permit) -> None:
    """Each window of the week holds in its time, and the pause wins where windows overlap."""
    assert permit_at(PURPOSE, at(moment), AMSTERDAM) == holds


def test_what_comes_next() -> None:
    """The next change is the next moment at which something else holds."""
    assert next_change(PURPOSE, at("2026-11-16T12:00")) == (at("2026-11-16T23:00"), Permit(current_a=16))
    assert next_change(PURPOSE, at("2026-11-22T16:00")) == (at("2026-11-22T17:00"), PAUSED)


def test_nothing_comes_next() -> None:
    """What always holds never changes."""
    for schedule in (
        Schedule(),
        Schedule(windows=(window("00:00", "00:00"),)),
        Schedule(windows=(window("08:00", "09:00"),), enabled=False),
        Schedule(windows=(window("00:00", "00:00", current_a=0),)),
        Schedule(windows=(window("08:00", "09:00"),), outside=Outside.ALLOWED),
    ):
        assert next_change(schedule, at("2026-11-16T12:00")) is None
        found = outlook(schedule, at("2026-11-16T12:00"), AMSTERDAM)
        assert (found.next_start, found.next_end) == (None, None)


def test_weekly_window_is_found_from_its_own_start() -> None:
    """The next change may be a week ahead."""
    schedule = Schedule(windows=(window("12:00", "13:00", frozenset({Weekday.MONDAY})),))
    assert next_change(schedule, at("2026-11-16T13:00")) == (at("2026-11-23T12:00"), ALLOWED)


def test_disabled_and_empty_allow_everything() -> None:
    """A schedule that is off, or has no window, allows everything."""
    for schedule in (Schedule(), Schedule(windows=PURPOSE.windows, enabled=False)):
        assert permit_at(schedule, at("2026-11-16T12:00"), AMSTERDAM) == ALLOWED
    assert (
        permit_at(
            Schedule(windows=PURPOSE.windows, outside=Outside.ALLOWED), at("2026-11-16T12:00"), AMSTERDAM
        )
        == ALLOWED
    )


def test_the_hour_that_is_skipped() -> None:
    """In the night of the 29th of March 2026 the clocks go from 02:00 to 03:00."""
    night = datetime(2026, 3, 28, 12, tzinfo=UTC)

    def spans(start: str, end: str) -> list[tuple[datetime, datetime]]:
        schedule = Schedule(windows=(window(start, end, frozenset({Weekday.SUNDAY})),))
        return [(o.start, o.end) for o in occurrences(schedule, night, night + timedelta(days=1), AMSTERDAM)]

    gap = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert spans("02:10", "02:50") == []
    assert spans("02:30", "05:00") == [(gap, at("2026-03-29T05:00"))]
    assert spans("01:00", "02:30") == [(at("2026-03-29T01:00"), gap)]
    assert spans("01:00", "03:00") == [(at("2026-03-29T01:00"), gap)]


def test_the_hour_that_comes_twice() -> None:
    """In the night of the 25th of October 2026 the hour from 02:00 to 03:00 comes twice; a window comes once."""
    night = datetime(2026, 10, 24, 12, tzinfo=UTC)

    def spans(start: str, end: str) -> list[tuple[datetime, datetime]]:
        schedule = Schedule(windows=(window(start, end, frozenset({Weekday.SUNDAY})),))
        return [(o.start, o.end) for o in occurrences(schedule, night, night + timedelta(days=1), AMSTERDAM)]

    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert spans("02:30", "02:45") == [(first, first + timedelta(minutes=15))]
    assert spans("02:30", "03:00") == [(first, first + timedelta(minutes=90))]
    assert spans("01:00", "02:30") == [(datetime(2026, 10, 24, 23, tzinfo=UTC), first)]


@pytest.mark.parametrize(
    ("zone", "day", "length_min", "gap"),
    [
        ("Europe/Amsterdam", date(2026, 3, 29), 60, datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 10, 4), 30, datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ],
)
def test_each_time_that_is_skipped_is_the_moment_of_the_change(
    zone: str, day: date, length_min: int, gap: datetime
) -> None:
    """To the second, at the beginning of what is skipped as at its end; the minute after it is one minute later."""
    for minute in range(length_min):
        assert moment_of(day, time(2, minute), ZoneInfo(zone)) == gap
    after = time(2 + length_min // 60, length_min % 60)
    assert moment_of(day, after, ZoneInfo(zone)) == gap
    assert moment_of(day, after.replace(minute=after.minute + 1), ZoneInfo(zone)) == gap + timedelta(
        minutes=1
    )


def test_a_window_that_only_touches_a_span_of_time_is_not_in_it() -> None:
    """It is over when the span begins, or begins when it is over."""
    schedule = Schedule(windows=(window("12:00", "13:00"),))
    noon, later = at("2026-11-16T12:00"), at("2026-11-16T13:00")
    hour = timedelta(hours=1)
    assert occurrences(schedule, noon - hour, noon, AMSTERDAM) == []
    assert occurrences(schedule, later, later + hour, AMSTERDAM) == []
    [found] = occurrences(schedule, noon, later, AMSTERDAM)
    assert (found.start, found.end) == (noon, later)


def test_what_begins_now_is_not_what_comes_next() -> None:
    """At the very moment of an edge the next one is another."""
    schedule = Schedule(windows=(window("12:00", "13:00"),))
    noon, later = at("2026-11-16T12:00"), at("2026-11-16T13:00")
    day = timedelta(days=1)
    for moment, start, end in ((noon, noon + day, later), (later, noon + day, later + day)):
        found = outlook(schedule, moment, AMSTERDAM)
        assert (found.window is not None) is (moment == noon)
        assert (found.next_start, found.next_end) == (start, end)
        assert found.until > moment


@given(
    SCHEDULES,
    st.sampled_from(ZONES),
    st.integers(0, 366 * 24 * 60),
)
@settings(max_examples=300)
def test_wall_clock_rules_in_every_zone(schedule: Schedule, name: str, minute: int) -> None:
    """At any time that the clocks show once, what holds is what the week in minutes has at that time of day."""
    zone = ZoneInfo(name)
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    local = moment.astimezone(zone)
    # In the hour that comes twice a window comes once.
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        return
    week_minute = local.weekday() * 1440 + local.hour * 60 + local.minute
    [slot] = [slot for slot in slots(schedule) if slot.start_min <= week_minute < slot.end_min]
    assert permit_at(schedule, moment, zone).current_a == slot.current_a


@given(
    SCHEDULES,
    st.sampled_from(ZONES),
    st.integers(0, 366 * 24 * 60),
    st.floats(0, 1, exclude_max=True),
)
@settings(max_examples=300)
def test_nothing_changes_before_the_next_change(
    schedule: Schedule, name: str, minute: int, part: float
) -> None:
    """Until the next change the same holds, and from then on something else."""
    zone = ZoneInfo(name)
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    now = permit_at(schedule, moment, zone)
    change = next_change(schedule, moment, zone)
    until = change[0] if change else moment + timedelta(days=8)
    before = min(moment + (until - moment) * part, until - timedelta(microseconds=1))
    assert permit_at(schedule, before, zone) == now
    if change:
        assert change[0] > moment
        assert change[1] != now
        assert permit_at(schedule, change[0], zone) == change[1]


@given(SCHEDULES, st.sampled_from(ZONES), st.integers(0, 366 * 24 * 60))
@settings(max_examples=100)
def test_next_start_and_end(schedule: Schedule, name: str, minute: int) -> None:
    """Charging starts, or ends, at the first change that allows it, or forbids it, after it was otherwise."""
    zone = ZoneInfo(name)
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    found = outlook(schedule, moment, zone)
    assert found.permit == permit_at(schedule, moment, zone)
    start = end = None
    paused = found.permit.is_pause
    for change, permit in changes(schedule, moment, zone):
        if permit.is_pause and not paused:
            end = end or change
        elif paused and not permit.is_pause:
            start = start or change
        paused = permit.is_pause
    assert (found.next_start, found.next_end) == (start, end)


def test_outlook_ends_where_another_window_decides() -> None:
    """Two windows that touch and allow the same are two, each with an energy of its own."""
    schedule = Schedule(
        windows=(window("12:00", "13:00", energy_wh=5000), window("13:00", "14:00", energy_wh=5000))
    )
    found = outlook(schedule, at("2026-11-16T12:30"), AMSTERDAM)
    assert found.window is not None
    assert (found.window.start, found.until) == (at("2026-11-16T12:00"), at("2026-11-16T13:00"))
    assert found.next_end == at("2026-11-16T14:00")
    assert found.covers(at("2026-11-16T12:30"))
    assert found.covers(at("2026-11-16T12:59"))
    assert not found.covers(at("2026-11-16T13:00"))
    # The clock was set back.
    assert not found.covers(at("2026-11-16T12:29"))


def test_the_window_that_decides_is_the_strictest() -> None:
    """Of two that allow as much the one that began first."""
    night, dinner = window("12:00", "20:00", current_a=16), window("17:00", "18:00", current_a=0)
    late = window("19:00", "21:00", current_a=16)
    schedule = Schedule(windows=(late, night, dinner))
    for moment, decides in (("17:30", dinner), ("18:30", night), ("19:30", night), ("20:30", late)):
        found = outlook(schedule, at(f"2026-11-16T{moment}"), AMSTERDAM).window
        assert found is not None
        assert found.window is decides


@given(SCHEDULES)
def test_slots_are_the_whole_week(schedule: Schedule) -> None:
    """The slots follow each other from Monday 00:00 to Sunday 24:00, and no two that touch are alike."""
    week = slots(schedule)
    assert week[0].start_min == 0
    assert week[-1].end_min == WEEK_MIN
    for slot, following in pairwise(week):
        assert slot.start_min < slot.end_min == following.start_min
        assert slot.current_a != following.current_a


@given(SCHEDULES)
def test_nothing_is_lost_in_slots(schedule: Schedule) -> None:
    """The schedule read from slots holds the same at each minute, and is one that a charger can keep."""
    week = slots(schedule)
    back = from_slots(week)
    check(back)
    # A week that is paused as a whole has no window left.
    if back.windows:
        assert slots(back) == week
    else:
        assert week == (WeekSlot(start_min=0, end_min=WEEK_MIN, current_a=0),)
    assert from_slots(slots(back)) == back or not back.windows


def test_slots_become_the_windows_that_a_person_would_write() -> None:
    """Days that are alike are one window, and one over midnight is whole, at the week's end, too."""
    night = Schedule(windows=(window("23:00", "06:30", EVERY_DAY, 16),))
    assert from_slots(slots(night)) == night
    weekend = Schedule(windows=(window("00:00", "00:00", frozenset(WEEK[5:])),))
    [both] = from_slots(slots(weekend)).windows
    assert (both.days, both.start, both.end) == (frozenset(WEEK[5:]), time(), time())
    # A charger's own timetable may say the same twice.
    halves = [
        WeekSlot(start_min=600, end_min=660, current_a=10),
        WeekSlot(start_min=660, end_min=720, current_a=10),
    ]
    assert [describe(window) for window in from_slots(halves).windows] == ["mon 10:00-12:00"]
    around = [
        WeekSlot(start_min=0, end_min=360, current_a=10),
        WeekSlot(start_min=WEEK_MIN - 60, end_min=WEEK_MIN, current_a=10),
    ]
    assert [describe(window) for window in from_slots(around).windows] == ["sun 23:00-06:00"]
    late = from_slots([WeekSlot(start_min=600, end_min=600 + 1440, current_a=10)])
    assert {describe(window) for window in late.windows} == {"mon 10:00-00:00", "tue 00:00-10:00"}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (window("10:00", "10:00"), "schedule_no_length"),
        (window("10:00", "12:00", frozenset()), "schedule_no_days"),
        (window("10:00:30", "12:00"), "schedule_whole_minutes"),
        (window("10:00", "12:00:00.5"), "schedule_whole_minutes"),
        *(
            (window("10:00", "12:00", current_a=amps), "schedule_current")
            for amps in (3, 5.9, -1, 80.1, math.nan, math.inf)
        ),
        *(
            (window("10:00", "12:00", energy_wh=energy), "schedule_energy")
            for energy in (0, -1, math.nan, math.inf)
        ),
    ],
)
def test_bad_windows(bad: Window, reason: str) -> None:
    """What makes no sense is refused with its reason."""
    with pytest.raises(ChargerRefusedError) as refused:
        check(Schedule(windows=(window("01:00", "02:00"), bad)))
    assert refused.value.reason == reason


@pytest.mark.parametrize("current_a", [None, 0, 6, 80])
def test_currents_that_a_charger_can_have(current_a: float | None) -> None:
    """As much as is allowed otherwise, no charging, or 6 to 80 A."""
    check(Schedule(windows=(window("10:00", "12:00", current_a=current_a),)))


def test_any_energy_is_one() -> None:
    """A window may end with as little as a charger counts."""
    check(Schedule(windows=(window("10:00", "12:00", energy_wh=1.0),)))


def test_too_many_windows() -> None:
    """200 are more than a person can oversee, as docs/schedules.md says."""
    check(Schedule(windows=(window("10:00", "12:00"),) * 200))
    with pytest.raises(ChargerRefusedError, match="schedule_too_long"):
        check(Schedule(windows=(window("10:00", "12:00"),) * 201))


def test_contradictions() -> None:
    """Two modes at once are refused; two currents are not, nor is a pause in a window with a mode."""
    solar, fast = window("10:00", "14:00", mode="solar"), window("13:00", "15:00", mode="normal")
    with pytest.raises(ChargerRefusedError) as refused:
        check(Schedule(windows=(solar, fast)))
    assert refused.value.reason == "schedule_contradicts_itself"
    assert refused.value.placeholders["other"] == "mon, tue, wed, thu, fri, sat, sun 10:00-14:00"
    after = window("14:00", "15:00", mode="normal")
    check(Schedule(windows=(solar, after)))
    check(Schedule(windows=(after, solar)))
    check(Schedule(windows=(solar, window("13:00", "15:00", current_a=0))))
    check(Schedule(windows=(window("10:00", "14:00", current_a=6), window("13:00", "15:00", current_a=10))))


def test_a_timetable_holds_currents_only() -> None:
    """What a charger's own timetable cannot say is refused before anything is made of it."""
    for permit in ({"mode": "solar"}, {"phases": 1}, {"energy_wh": 5000.0}):
        with pytest.raises(ChargerRefusedError, match="schedule_currents_only"):
            slots(Schedule(windows=(window("10:00", "12:00", **permit),)))


def test_n7_pauses_only() -> None:
    """Where each window is a pause, charging is allowed outside, on a charger's own timetable as well."""
    dinner = window("17:00", "20:00", current_a=0)
    schedule = Schedule(windows=(dinner,))
    assert permit_at(schedule, at("2026-11-20T12:00"), AMSTERDAM) == ALLOWED
    assert permit_at(schedule, at("2026-11-20T18:00"), AMSTERDAM) == PAUSED
    assert next_change(schedule, at("2026-11-20T18:00")) == (at("2026-11-20T20:00"), ALLOWED)
    assert {slot.current_a for slot in slots(schedule)} == {0, None}
    # One window that allows charging, and it is for the others to wait.
    mixed = Schedule(windows=(dinner, window("23:00", "06:00")))
    assert permit_at(mixed, at("2026-11-20T12:00"), AMSTERDAM) == PAUSED
