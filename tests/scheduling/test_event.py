"""Windows as events of a calendar, and back."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.evse_pilot.chargers.errors import ChargerRefusedError
from custom_components.evse_pilot.scheduling.event import (
    day_of,
    description_of,
    recurrence_id_of,
    rule_of,
    title_of,
    uid_of,
    window_of,
)
from custom_components.evse_pilot.scheduling.schedule import (
    ALLOWED,
    PAUSED,
    WEEK,
    Permit,
    Schedule,
    Weekday,
    Window,
    check,
)

from .strategies import SCHEDULES

MONDAY = datetime(2026, 11, 16)


@given(SCHEDULES, st.integers(0, 6))
def test_an_event_is_read_as_the_window_it_came_from(schedule: Schedule, ahead: int) -> None:
    """On each of its days, the event of a window is read as the same window."""
    check(schedule)
    for window in schedule.windows:
        first = next(
            MONDAY + timedelta(days=ahead + day) for day in range(7) if WEEK[(ahead + day) % 7] in window.days
        )
        start = datetime.combine(first, window.start)
        end = start + timedelta(minutes=window.length_min)
        assert window_of(start, end, title_of(window), rule_of(window)) == window
        if window.start == window.end:
            assert window_of(start.date(), end.date(), title_of(window), rule_of(window)) == window
    assert len({uid_of(window) for window in schedule.windows}) == len(set(schedule.windows))


@pytest.mark.parametrize(
    ("title", "current_a"),
    [
        ("Charging", None),
        ("my car", None),
        ("16A", 16),
        ("Charging at 7.5 A", 7.5),
        ("max 7,5 amps please", 7.5),
        ("8 amperes", 8),
        ("No charging", 0),
        ("PAUSE", 0),
        ("paused for dinner", 0),
        ("0 A", 0),
        # A number without a unit is no current, nor is one before a word that only begins like a unit.
        ("Charging 16", None),
        ("16 apples", None),
        ("offer", None),
        ("6 a.m. charge", None),
        ("Charge to 80 amp-hours", None),
    ],
)
def test_titles(title: str, current_a: float | None) -> None:
    """A current in a title is read with its unit, and other numbers are not."""
    window = window_of(MONDAY, MONDAY + timedelta(hours=1), title, "FREQ=WEEKLY")
    assert window.permit.current_a == current_a


def permit_of(title: str) -> Permit:
    """Return what an event with this title allows."""
    return window_of(MONDAY, MONDAY + timedelta(hours=1), title, "FREQ=WEEKLY").permit


@pytest.mark.parametrize(
    "title",
    [
        "Off-peak",
        "off peak",
        "Off-peak charging",
        "Octopus Go off peak 00:30",
        "Non-stop charging",
        "Non stop charging",
        "non-peak",
        "Kick-off",
        "Day off",
        "Stop at 80 %",
        "Opladning fra 22:00",
        "Laddning av bilen",
        "Ladda nu",
    ],
)
def test_b4_off_and_stop_in_a_longer_title_allow_charging(title: str) -> None:
    """A tariff that is called off-peak, or charging without a stop, forbids nothing."""
    assert permit_of(title) == ALLOWED


@pytest.mark.parametrize(
    "title",
    [
        "No charging",
        "no charge",
        "No charging today!",
        "Off",
        "OFF.",
        "Stop",
        "Stop charging",
        "Charging off",
        "Charger: off",
        "Pause",
        "Pauze",
        "Laden aus",
        "Arrêt",
    ],
)
def test_b4_off_and_stop_alone_forbid_charging(title: str) -> None:
    """Off, stop and pause forbid charging if there is nothing else in the title."""
    assert permit_of(title) == PAUSED


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=WEEKLY", {Weekday.MONDAY}),
        ("FREQ=WEEKLY;BYDAY=MO", {Weekday.MONDAY}),
        ("FREQ=WEEKLY;WKST=SU;BYDAY=MO,WE", {Weekday.MONDAY, Weekday.WEDNESDAY}),
        ("FREQ=WEEKLY;INTERVAL=1;BYDAY=SA,SU", {Weekday.SATURDAY, Weekday.SUNDAY}),
        # Moved from a Tuesday to a Monday.
        ("FREQ=WEEKLY;BYDAY=TU", {Weekday.MONDAY}),
        ("FREQ=DAILY", set(WEEK)),
        ("FREQ=DAILY;BYDAY=MO,TU", {Weekday.MONDAY, Weekday.TUESDAY}),
    ],
)
def test_rules(rule: str, days: set[Weekday]) -> None:
    """A recurrence rule gives the days on which a window begins."""
    window = window_of(MONDAY, MONDAY + timedelta(hours=1), "", rule)
    assert window.days == days


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY",
        "FREQ=WEEKLY;INTERVAL=2",
        "FREQ=WEEKLY;COUNT=5",
        "FREQ=WEEKLY;UNTIL=20270101",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYMONTH=1",
        "nonsense",
    ],
)
def test_rules_that_are_no_week(rule: str) -> None:
    """An event that repeats, but not every week without an end, is refused."""
    with pytest.raises(ChargerRefusedError, match="schedule_event_weekly"):
        window_of(MONDAY, MONDAY + timedelta(hours=1), "", rule)


@pytest.mark.parametrize("rule", [None, ""])
def test_n19_without_a_rule(rule: str | None) -> None:
    """An event that does not repeat is a window of its date, and is shown as one."""
    window = window_of(MONDAY, MONDAY + timedelta(hours=1), "Zoe at 8 A", rule)
    assert window == Window(
        day=MONDAY.date(), start=time(), end=time(1), permit=Permit(current_a=8), title="Zoe at 8 A"
    )
    assert (rule_of(window), title_of(window)) == (None, "Zoe at 8 A")
    whole_day = window_of(MONDAY.date(), date(2026, 11, 17), "No charging", rule)
    assert whole_day == Window(day=MONDAY.date(), start=time(), end=time(), permit=PAUSED)
    assert uid_of(window) != uid_of(replace(window, day=date(2026, 11, 17)))


def test_n19_the_date_of_an_event() -> None:
    """The id of one event of a series has its date; what has none is no event."""
    assert day_of(recurrence_id_of(datetime(2026, 11, 16, 23))) == MONDAY.date()
    for bad in ("", "20261399T000000", "Monday"):
        with pytest.raises(ChargerRefusedError, match="schedule_event_gone"):
            day_of(bad)


def test_lengths() -> None:
    """A window lasts at most a day, and more than no time."""
    for length in (timedelta(), timedelta(days=1, minutes=1), timedelta(hours=-1)):
        with pytest.raises(ChargerRefusedError, match="schedule_event_length"):
            window_of(MONDAY, MONDAY + length, "", "FREQ=DAILY")
    with pytest.raises(ChargerRefusedError, match="schedule_event_length"):
        window_of(date(2026, 11, 16), date(2026, 11, 18), "", "FREQ=DAILY")


@pytest.mark.parametrize(
    ("typed", "kept", "shown"),
    [
        ("Zoe", "Zoe", "Zoe"),
        (" Zoe at 10 A ", "Zoe at 10 A", "Zoe at 10 A"),
        ("Kein Laden", "Kein Laden", "Kein Laden"),
        ("", None, "Charging"),
        ("Charging", None, "Charging"),
        ("10 A charging", None, "10 A charging"),
        ("No charging", None, "No charging"),
    ],
)
def test_n19_a_title_is_kept(typed: str, kept: str | None, shown: str) -> None:
    """What a person has typed stays; without that the current comes first, for a month has no room for more."""
    window = window_of(MONDAY, MONDAY + timedelta(hours=1), typed, "FREQ=WEEKLY")
    assert (window.title, title_of(window)) == (kept, shown)
    assert window_of(MONDAY, MONDAY + timedelta(hours=1), shown, "FREQ=WEEKLY") == window


@pytest.mark.parametrize(
    ("title", "current_a", "shown"),
    [
        ("Zoe", 10.0, "10 A charging (Zoe)"),
        ("Zoe", 0.0, "No charging (Zoe)"),
        ("Zoe at 8 A", 10.0, "10 A charging (Zoe at 8 A)"),
        ("Pause", None, "Charging"),
        ("Never at 6 A", 10.0, "10 A charging"),
    ],
)
def test_n19_a_title_never_changes_a_current(title: str, current_a: float | None, shown: str) -> None:
    """A title that an action has set is shown only in a way that is read as the window's own current."""
    permit = Permit(current_a=current_a)
    window = Window(days=frozenset({Weekday.MONDAY}), start=time(), end=time(1), permit=permit, title=title)
    assert title_of(window) == shown
    assert window_of(MONDAY, MONDAY + timedelta(hours=1), shown, rule_of(window)).permit == permit


FULL = Permit(current_a=10.0, mode="smart", phases=3, energy_wh=20_500.0)


@pytest.mark.parametrize(
    ("title", "current_a"), [("Charging at 10 A", 10), ("8 A", 8), ("Charging", None), ("No charging", 0)]
)
def test_b5_a_changed_window_keeps_what_a_title_does_not_contain(title: str, current_a: float | None) -> None:
    """The title sets the current; mode, phases and energy stay."""
    window = window_of(MONDAY, MONDAY + timedelta(hours=1), title, "FREQ=WEEKLY", before=FULL)
    assert window.permit == replace(FULL, current_a=current_a)


@pytest.mark.parametrize(
    ("permit", "description"),
    [
        (ALLOWED, None),
        (Permit(current_a=10.0), None),
        (Permit(phases=1), "Charges on 1 phase."),
        (FULL, "Charges in smart mode. Charges on 3 phases. Ends after 20.5 kWh."),
    ],
)
def test_b5_the_description_shows_what_the_title_does_not(permit: Permit, description: str | None) -> None:
    """Mode, phases and energy are sentences."""
    window = Window(days=frozenset(WEEK), start=time(1), end=time(2), permit=permit)
    assert description_of(window) == description


def test_b5_the_id_tells_windows_apart_by_all_that_they_allow() -> None:
    """Two pauses at the same time that differ only in what they would allow have two ids."""
    permits = [
        Permit(current_a=0.0),
        Permit(current_a=0.0, mode="smart"),
        Permit(current_a=0.0, phases=1),
        Permit(current_a=0.0, energy_wh=1000.0),
    ]
    windows = [Window(days=frozenset(WEEK), start=time(1), end=time(2), permit=permit) for permit in permits]
    assert len({uid_of(window) for window in windows}) == len(windows)
