"""Goals: their deadlines, what is missing of them, and how they are stored."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.evse_pilot.chargers.errors import ChargerRefusedError
from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.control.claim import Reason
from custom_components.evse_pilot.control.expected_sun import ExpectedSun, SunPower
from custom_components.evse_pilot.planning.claims import claim_of
from custom_components.evse_pilot.planning.goal import (
    Goal,
    Soc,
    check,
    daily,
    goal_from_dict,
    goal_to_dict,
    need,
)
from custom_components.evse_pilot.planning.plan import Plan, Slot, Why
from custom_components.evse_pilot.planning.progress import (
    begin,
    charged_wh,
    count_anew,
    deadline,
    follow,
    is_over,
    missing,
)
from custom_components.evse_pilot.planning.record import (
    PlanRecord,
    plan_from_dict,
    plan_to_dict,
    read_record,
    write_record,
)
from custom_components.evse_pilot.planning.segments import Known, Price
from custom_components.evse_pilot.planning.spans import power_w, spans_of_week
from custom_components.evse_pilot.runtime.storage import Parts
from custom_components.evse_pilot.scheduling.schedule import WEEK, Permit, Schedule, Weekday, Window
from custom_components.evse_pilot.sessions.session import ChargingSession

ZONE = ZoneInfo("Europe/Berlin")
# A Thursday evening.
NOW = datetime(2026, 11, 26, 18, tzinfo=ZONE).astimezone(UTC)
HOUR = timedelta(hours=1)
WEEKLY = Goal(since=NOW, energy_wh=20_000, ready_by=time(7), days=frozenset(WEEK))


def local(day: int, hour: int = 7, month: int = 11) -> datetime:
    """Return a local time as a moment."""
    return datetime(2026, month, day, hour, tzinfo=ZONE).astimezone(UTC)


def session(begin: datetime = NOW, energy_wh: float | None = 0.0, **known: Any) -> ChargingSession:
    """Return a session that lasts."""
    return ChargingSession(begin=begin, energy_wh=energy_wh, **known)


def is_reached(record: PlanRecord) -> bool:
    """Return whether a goal is reached."""
    return record.is_reached


# Deadlines


def test_next_deadline() -> None:
    """The next of its days; one that is now is over."""
    assert WEEKLY.deadline_after(NOW, ZONE) == local(27)
    assert WEEKLY.deadline_after(local(27), ZONE) == local(28)
    monday = Goal(since=NOW, ready_by=time(7), days=frozenset({Weekday.MONDAY}))
    assert monday.deadline_after(NOW, ZONE) == local(30)
    once = Goal(since=NOW, ready_at=local(27))
    assert once.deadline_after(NOW, ZONE) == local(27)
    assert once.deadline_after(local(27), ZONE) is None
    assert Goal(since=NOW, ceiling=0.1).deadline_after(NOW, ZONE) is None


def test_deadline_that_the_clocks_pass_over() -> None:
    """02:30 does not exist on that morning: the car is ready when the clocks have passed over it."""
    goal = Goal(since=NOW, ready_by=time(2, 30), days=frozenset(WEEK))
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert goal.deadline_after(before, ZONE) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_late_car_goes_on_for_three_hours() -> None:
    """A car that missed its deadline still charges for it; one that came later does not."""
    record = PlanRecord()
    begin(record, WEEKLY, session(), None)
    assert deadline(record, WEEKLY, session(), local(27) + 2 * HOUR, ZONE) == local(27)
    assert deadline(record, WEEKLY, session(), local(27) + 4 * HOUR, ZONE) == local(28)
    assert deadline(record, WEEKLY, session(local(27) + HOUR), local(27) + 2 * HOUR, ZONE) == local(28)
    assert deadline(record, WEEKLY, None, local(27) + 2 * HOUR, ZONE) == local(28)
    record.is_reached = True
    assert deadline(record, WEEKLY, session(), local(27) + 2 * HOUR, ZONE) == local(28)


def test_goal_that_is_over() -> None:
    """A goal that was set once is over when its time has passed and no car is left that missed it."""
    once, record = Goal(since=NOW, energy_wh=1, ready_at=local(27)), PlanRecord()
    assert not is_over(record, once, None, NOW, shows_plug=True)
    assert is_over(record, once, None, local(28), shows_plug=True)
    assert not is_over(record, once, session(), local(28), shows_plug=True)
    assert is_over(record, once, session(local(27) + HOUR), local(28), shows_plug=True)
    assert not is_over(record, WEEKLY, None, local(28), shows_plug=True)


def test_charger_that_hides_its_plug() -> None:
    """After a deadline that was kept another car may have come: a goal that was set once is over, a weekly one begins."""
    once, record = Goal(since=NOW, energy_wh=1, ready_at=local(27)), PlanRecord(is_reached=True)
    assert is_over(record, once, session(), local(28), shows_plug=False)
    assert not is_over(record, once, session(), local(28), shows_plug=True)
    record.deadline = local(27)
    for now, shows_plug, left in (
        (local(26), False, True),
        (local(28), True, True),
        (local(28), False, False),
    ):
        count_anew(record, session(energy_wh=5000), now, shows_plug=shows_plug)
        assert is_reached(record) is left
    assert missing(record, WEEKLY, session(energy_wh=5000)).energy_wh == 20_000


# What is missing


def test_energy_counts_from_when_the_goal_was_set() -> None:
    """What the car had before does not count, and another car begins anew."""
    record = PlanRecord()
    begin(record, WEEKLY, session(energy_wh=5000), None)
    assert missing(record, WEEKLY, session(energy_wh=5000)).energy_wh == 20_000
    assert charged_wh(record, session(energy_wh=9000)) == 4000
    assert missing(record, WEEKLY, session(energy_wh=25_000)).energy_wh == 0
    assert is_reached(record)
    assert not follow(record, session(energy_wh=25_000))
    assert follow(record, session(NOW + HOUR))
    assert not is_reached(record)
    assert missing(record, WEEKLY, session(NOW + HOUR, 1000)).energy_wh == 19_000
    assert charged_wh(record, session(NOW + HOUR, None)) == 0


def test_state_of_charge() -> None:
    """What was charged since it was read counts with what reaches the battery."""
    goal = Goal(since=NOW, soc_percent=80, battery_wh=45_000, soc_entity="sensor.car", ready_at=local(27))
    assert need(goal, 0, Soc(percent=40, charged_wh=0)).energy_wh == pytest.approx(20_000)
    assert need(goal, 5000, Soc(percent=40, charged_wh=2000)).energy_wh == pytest.approx(17_000)
    # While it is not known the battery may be empty.
    assert need(goal, 0, None).energy_wh == pytest.approx(40_000)


def test_state_of_charge_that_was_wrong() -> None:
    """A goal that a sensor has shown as reached is not when it shows much less; a battery may lose a little."""
    goal = Goal(since=NOW, soc_percent=80, battery_wh=45_000, soc_entity="sensor.car", ready_at=local(27))
    record = PlanRecord()
    begin(record, goal, session(), 80)
    record.deadline = local(27)
    for percent, expected in ((80, True), (77, True), (76, False), (79, False), (100, True), (35, False)):
        record.soc = Soc(percent=percent, charged_wh=0)
        missing(record, goal, session())
        assert is_reached(record) is expected
    # What the charger has counted since the report is as good.
    missing(record, goal, session(energy_wh=22_500))
    assert is_reached(record)
    missing(record, goal, session(energy_wh=22_500))
    assert is_reached(record)
    # In time it had all; what the car needs then is for the next time.
    record.deadline, record.soc = None, Soc(percent=60, charged_wh=22_500)
    missing(record, goal, session(energy_wh=22_500))
    assert is_reached(record)


def test_at_once_and_at_most() -> None:
    """Neither is more than the energy; what the car has had counts for both."""
    goal = Goal(since=NOW, energy_wh=20_000, at_once_wh=5000, at_most_wh=15_000)
    found = need(goal, 0, None)
    assert (found.energy_wh, found.at_once_wh, found.at_most_wh) == (15_000, 5000, 15_000)
    found = need(goal, 6000, None)
    assert (found.energy_wh, found.at_once_wh, found.at_most_wh) == (9000, 0, 9000)


def test_below_a_ceiling_a_goal_is_not_reached() -> None:
    """The car may have more, until it has had what it may have at most."""
    record, goal = PlanRecord(), Goal(since=NOW, energy_wh=1000, ceiling=0.1, at_most_wh=5000)
    begin(record, goal, session(), None)
    missing(record, goal, session(energy_wh=2000))
    assert not is_reached(record)
    missing(record, goal, session(energy_wh=5000))
    assert is_reached(record)


@pytest.mark.parametrize(
    ("goal", "reason"),
    [
        (Goal(since=NOW, energy_wh=1, ready_at=local(27)), "no_energy_meter"),
        (Goal(since=NOW, soc_percent=80, battery_wh=1, at_once_wh=1), "no_energy_meter"),
        (Goal(since=NOW, soc_percent=80, battery_wh=1, ready_at=NOW), "ready_in_the_past"),
        (Goal(since=NOW, soc_percent=80, battery_wh=1, ready_at=NOW + timedelta(days=367)), "ready_too_late"),
        (Goal(since=NOW, ceiling=0.1), "no_prices_for_ceiling"),
    ],
)
def test_goals_that_cannot_be(goal: Goal, reason: str) -> None:
    """They are refused with a reason."""
    with pytest.raises(ChargerRefusedError) as error:
        check(goal, NOW, counts_energy=False, has_prices=False)
    assert error.value.reason == reason


def test_simple_goal_keeps_what_else_was_set() -> None:
    """A time that is set by an entity leaves days, at once and prices as they are."""
    goal = Goal(since=NOW, soc_percent=80, battery_wh=1, days=frozenset({Weekday.MONDAY}), at_once_wh=5)
    after = daily(goal, NOW, ready_by=time(6), energy_wh=1)
    assert (after.ready_by, after.energy_wh, after.days, after.at_once_wh) == (time(6), None, goal.days, 5)
    assert daily(None, NOW, ready_by=time(6), energy_wh=1).days == frozenset(WEEK)


# Power and windows


def load(phases: int = 3) -> Load:
    """Return a charger of 16 A."""
    return Load(status=Status.CONNECTED, limit_a=16, minimum_a=6, maximum_a=16, phases=tuple(range(phases)))


def test_power_of_a_car() -> None:
    """That of the newest session that lasted, no more than the limit allows; of an unknown car that on one phase."""
    shown = session(energy_wh=11_000, charging_s=3600, phases=3)
    short = session(energy_wh=100, charging_s=60)
    assert power_w(16, load(), (short, shown)) == pytest.approx(11_000)
    assert power_w(8, load(), (shown,)) == pytest.approx(8 * 3 * 230)
    assert power_w(16, load(), (session(energy_wh=3600, charging_s=3600),)) == pytest.approx(3600)
    assert power_w(16, load(), (short,)) == pytest.approx(16 * 230)
    assert power_w(16, None, ()) == pytest.approx(16 * 230)


def test_windows_as_spans() -> None:
    """A window with less current gives less power; outside there is none."""
    schedule = Schedule(
        windows=(
            Window(days=frozenset(WEEK), start=time(22), end=time(2)),
            Window(days=frozenset(WEEK), start=time(4), end=time(6), permit=Permit(current_a=8)),
        )
    )
    spans = spans_of_week(schedule, NOW, NOW + 14 * HOUR, ZONE, limit_a=16, at_limit_w=11_000)
    assert [((s.start - NOW) / HOUR, (s.end - NOW) / HOUR, s.power_w) for s in spans] == [
        (4, 8, 11_000),
        (10, 12, 5500),
    ]
    free = spans_of_week(Schedule(), NOW, NOW + HOUR, ZONE, limit_a=16, at_limit_w=11_000)
    assert [(span.start, span.end) for span in free] == [(NOW, NOW + HOUR)]


# Claims


def test_claims_of_a_plan() -> None:
    """A pause until the next slot, nothing in a slot, and a pause when the car has its energy."""
    plan = Plan(
        slots=(Slot(start=NOW + HOUR, end=NOW + 2 * HOUR), Slot(start=NOW + 5 * HOUR, end=NOW + 6 * HOUR))
    )
    claim, edge = claim_of(plan, NOW, takes_no_more=False, has_sun=False)
    assert (claim.pause, claim.until, claim.reason) == (True, NOW + HOUR, Reason.WAITING_FOR_CHEAP_HOUR)
    assert edge == NOW + HOUR
    claim, edge = claim_of(plan, NOW + HOUR, takes_no_more=False, has_sun=False)
    assert (claim.pause, claim.current_a, claim.until) == (False, None, NOW + 2 * HOUR)
    assert edge == NOW + 2 * HOUR
    claim, _ = claim_of(plan, NOW + 3 * HOUR, takes_no_more=True, has_sun=False)
    assert not claim.pause
    claim, edge = claim_of(Plan(why=Why.REACHED), NOW, takes_no_more=True, has_sun=False)
    assert (claim.pause, claim.reason, edge) == (True, Reason.PLAN_FULFILLED, None)
    claim, _ = claim_of(Plan(why=Why.NO_PRICES), NOW, takes_no_more=False, has_sun=False)
    assert claim.reason is Reason.WAITING_FOR_PLAN


def test_sun_beside_a_plan() -> None:
    """While the car waits it may have the sun, until it has its energy; in its times the sun does not matter."""
    plan = Plan(slots=(Slot(start=NOW + HOUR, end=NOW + 2 * HOUR),))
    claim, _ = claim_of(plan, NOW, takes_no_more=False, has_sun=True)
    assert (claim.pause, claim.reason) == (False, Reason.WAITING_FOR_CHEAP_HOUR)
    for has_sun in (False, True):
        claim, _ = claim_of(plan, NOW + HOUR, takes_no_more=False, has_sun=has_sun)
        assert (claim.pause, claim.reason) == (False, Reason.OWN_MAXIMUM)
        claim, _ = claim_of(Plan(why=Why.REACHED), NOW, takes_no_more=False, has_sun=has_sun)
        assert claim.pause


# What is stored

energies = st.none() | st.floats(0, 500_000)
goals = st.builds(
    Goal,
    since=st.just(NOW),
    energy_wh=energies,
    soc_percent=st.none() | st.floats(0, 100),
    battery_wh=energies,
    soc_entity=st.none() | st.just("sensor.car"),
    ready_by=st.none() | st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    days=st.frozensets(st.sampled_from(WEEK)),
    ready_at=st.none() | st.just(local(27)),
    at_once_wh=st.floats(0, 500_000),
    at_most_wh=energies,
    ceiling=st.none() | st.floats(-1e6, 1e6),
    one_piece=st.booleans(),
    prices=st.lists(st.just("sensor.price"), max_size=8).map(tuple),
)
records = st.builds(
    PlanRecord,
    goal=st.none() | goals,
    ready_by=st.just(time(6, 30)),
    energy_wh=st.floats(0, 1e6),
    plan=st.none()
    | st.builds(
        Plan,
        slots=st.just((Slot(start=NOW, end=local(27)),)),
        energy_wh=st.floats(0, 1e6),
        sun_wh=st.floats(0, 1e6),
        cost=st.none() | st.floats(-1e6, 1e6),
        feasible=st.booleans(),
        why=st.sampled_from(Why),
    ),
    deadline=st.none() | st.just(local(27)),
    session=st.none() | st.just(NOW),
    before_wh=st.floats(0, 1e6),
    soc=st.none() | st.builds(Soc, percent=st.floats(0, 100), charged_wh=st.floats(0, 1e6)),
    starts=st.integers(0, 5),
    is_reached=st.booleans(),
    charges=st.none() | st.booleans(),
    known=st.just(Known(prices=(Price(start=NOW, end=NOW + HOUR, per_kwh=-0.1),), unit="EUR")),
    sources=st.just(("sensor.price",)),
    sun=st.just(ExpectedSun(powers=(SunPower(start=NOW, end=NOW + HOUR, power_w=2000.0),), least_w=1380.0)),
)


@given(records)
def test_record_is_read_as_it_was_written(record: PlanRecord) -> None:
    """All of it outlives a restart."""
    parts = Parts(write_record(record))
    assert read_record(parts) == record
    assert not parts.dropped


@given(goals)
def test_goal_is_read_as_it_was_written(goal: Goal) -> None:
    """All of it outlives a restart."""
    assert goal_from_dict(goal_to_dict(goal)) == goal


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = [*write_record(PlanRecord(goal=WEEKLY))]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_parts_that_make_no_sense_are_left_out(stored: dict[str, Any]) -> None:
    """Whatever is in the file, there is a record; without a goal it is off."""
    record = read_record(Parts(stored))
    assert record.goal is not None or not record.is_on


@given(st.dictionaries(st.sampled_from([*goal_to_dict(WEEKLY)]), JSON))
def test_half_a_goal_is_none(odd: dict[str, Any]) -> None:
    """A goal with a part that makes no sense is dropped, and not another one."""
    stored = goal_to_dict(WEEKLY)
    record = read_record(Parts({"goal": stored | odd, "is_on": True}))
    if record.goal is None:
        assert not record.is_on
    else:
        assert goal_to_dict(record.goal).keys() == stored.keys()


def test_sun_that_is_not_in_order() -> None:
    """It is none: what was expected is known again with the next forecast."""
    record = PlanRecord(sun=ExpectedSun(powers=(SunPower(start=NOW, end=NOW + HOUR, power_w=2000.0),)))
    for change in (list.reverse, lambda power: power.extend([power, power])):
        stored = write_record(record)
        change(stored["sun"]["powers"][0])
        assert read_record(Parts(stored)).sun == ExpectedSun()
    stored = write_record(record)
    stored["sun"]["powers"] *= 2
    assert read_record(Parts(stored)).sun == ExpectedSun()


def test_plan_with_a_slot_that_ends_before_it_begins() -> None:
    """It is no plan."""
    stored = plan_to_dict(Plan(slots=(Slot(start=NOW, end=NOW + HOUR),)))
    stored["slots"][0].reverse()
    with pytest.raises(ValueError, match="no slot"):
        plan_from_dict(stored)
