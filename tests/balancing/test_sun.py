"""Rules of the law of the sun, each by itself."""

from typing import Any

from hypothesis import given, settings as hypothesis_settings, strategies as st
import pytest

from custom_components.evse_pilot.balancing.law.model import PhaseRoom, Strategy
from custom_components.evse_pilot.balancing.sun.model import Battery, SunMember, SunMode, SunSettings
from custom_components.evse_pilot.balancing.sun.surplus import Surplus

from .roof import Roof


def _car(name: str = "car", **changes: Any) -> SunMember:
    numbers: dict[str, Any] = {"mode": SunMode.SUN, "phases": 1, "step_a": 0.1, "maximum_a": 16.0} | changes
    return SunMember(id=name, **numbers)


# Up, down, off


def test_starts_with_its_least_after_the_start_time() -> None:
    """Enough for a minute starts a car, and a moment later it has all of it."""
    roof = Roof(_car())
    roof.sun_w = 2300
    assert roof.live(60)["car"] == 0
    assert roof.live(2)["car"] == 6
    assert roof.live(30)["car"] == 10


def test_one_cloud_starts_the_time_anew() -> None:
    """What is there for less than the start time starts no car."""
    roof = Roof(_car())
    for _ in range(5):
        roof.sun_w = 2300
        roof.live(55)
        roof.sun_w = 1000
        roof.live(3)
    assert roof.switches() == 0


def test_falls_at_once_and_rises_on_the_worst() -> None:
    """A cloud lowers a car within seconds; a gap in the clouds of less than the calm time raises it no more."""
    roof = Roof(_car())
    roof.sun_w = 3450
    assert roof.live(120)["car"] == 15
    roof.sun_w = 1840
    assert roof.live(2)["car"] == 8
    for _ in range(10):
        roof.sun_w = 3450
        roof.live(10)
        roof.sun_w = 1840
        assert roof.live(1)["car"] == 8


def test_keeps_its_least_until_the_stop_time() -> None:
    """Without sun a car has its least, stops after the stop time, and rests."""
    roof = Roof(_car())
    roof.law.settings = SunSettings(stop_s=90)
    roof.sun_w = 3450
    roof.live(300)
    roof.sun_w = 0
    assert roof.live(2)["car"] == 6
    assert roof.decision.shares["car"].missing_w == 1380
    assert roof.decision.shares["car"].seconds == pytest.approx(89, abs=2)
    assert roof.live(85)["car"] == 6
    assert roof.live(5)["car"] == 0
    roof.sun_w = 3450
    assert roof.live(170)["car"] == 0
    assert roof.live(12)["car"] == 6


def test_a_small_lack_is_borne_longer() -> None:
    """A lack counts by its square, and a tiny one as much as a quarter does; the grid may give 20 Wh all the same."""
    roof = Roof(_car())
    roof.law.settings = SunSettings(stop_s=120)
    roof.sun_w = 3450
    roof.live(120)
    roof.sun_w = 690
    assert roof.live(470)["car"] == 6
    assert roof.live(20)["car"] == 0
    roof.sun_w = 3450
    roof.live(400)
    roof.sun_w = 1250
    assert roof.live(1980)["car"] == 6
    assert roof.live(40)["car"] == 0


def test_a_lack_after_hours_of_sun_is_borne_longer() -> None:
    """As long as the grid has given less than 2 %, and for 15 minutes at most."""
    roof = Roof(_car())
    roof.sun_w = 3450
    roof.live(3 * 3600)
    roof.sun_w = 0
    assert roof.live(240)["car"] == 6
    assert roof.live(180)["car"] == 0
    roof.law.settings = SunSettings(stop_w=0, stop_s=1200)
    roof.sun_w = 3450
    roof.live(600)
    roof.sun_w = 0
    assert roof.live(1190)["car"] == 6
    assert roof.live(20)["car"] == 0


def test_minimum_and_sun_never_stops() -> None:
    """It has its least in the dark, and more with the sun."""
    roof = Roof(_car(mode=SunMode.MINIMUM))
    assert roof.live(900)["car"] == 6
    roof.sun_w = 2300
    assert roof.live(40)["car"] == 10
    roof.sun_w = 0
    roof.live(900)
    assert min(shares["car"] for shares in roof.shares) == 6


def test_fast_and_off() -> None:
    """A fast car is not steered, and its draw leaves nothing; one that is off is paused whatever the sun."""
    roof = Roof(_car("fast", mode=SunMode.FAST, drawn_w=3000), _car("off", mode=SunMode.OFF), _car())
    roof.sun_w = 4000
    assert roof.live(200) == {"off": 0, "car": 0}
    roof.change("fast", drawn_w=0)
    assert roof.live(200)["car"] == 16


def test_a_car_that_draws_already_is_not_stopped_by_a_new_mode() -> None:
    """From fast to the sun it keeps its least for the stop time."""
    roof = Roof(_car(mode=SunMode.FAST, drawn_w=3680))
    roof.live(60)
    roof.change("car", mode=SunMode.SUN)
    assert roof.live(1)["car"] == 6
    assert roof.live(200)["car"] == 0


def test_the_next_car_waits_for_the_sun() -> None:
    """A car that comes does not start by what the last one had, and does not rest for it either."""
    roof = Roof(_car())
    roof.sun_w = 3450
    roof.live(120)
    roof.change("car", has_car=False)
    assert roof.live(5)["car"] == 0
    roof.sun_w = 0
    roof.live(60)
    roof.change("car", has_car=True)
    assert roof.live(60)["car"] == 0
    roof.sun_w = 3450
    assert roof.live(62)["car"] == 6


def test_a_silent_meter_leaves_the_least_and_then_nothing() -> None:
    """What is not known is no surplus."""
    roof = Roof(_car())
    roof.sun_w = 3450
    roof.live(120)
    roof.sun_w = None
    assert roof.live(2)["car"] == 6
    assert roof.live(190)["car"] == 0
    assert roof.decision.surplus_w is None
    roof.sun_w = 3450
    # Enough is not enough before it has lasted.
    assert roof.live(60)["car"] == 0
    assert roof.live(400)["car"] == 15


def test_what_was_allowed_before_a_restart_holds_until_the_meter_is_read() -> None:
    """Nothing is lowered, and nothing raised, before the first reading."""
    roof = Roof(_car(drawn_w=2300.0))
    held = {"car": 10.0}
    for t in range(1, 30):
        decision = roof.law.decide(t, None, [roof.members["car"]], held=held)
        assert decision.shares["car"].amps == 10


# Steps and phases


@pytest.mark.parametrize(
    ("phases", "step_a", "sun_w", "expected"),
    [(1, 0.1, 2000, 8.6), (1, 1.0, 2000, 8.0), (3, 0.1, 6000, 8.6), (3, 1.0, 6000, 8.0), (3, 1.0, 4000, 0.0)],
)
def test_steps(phases: int, step_a: float, sun_w: float, expected: float) -> None:
    """All of a charger's step is used, on one phase by 230 W an ampere and on three by 690 W."""
    roof = Roof(_car(phases=phases, step_a=step_a))
    roof.sun_w = sun_w
    assert roof.live(200)["car"] == expected


def test_one_phase_instead_of_a_stop() -> None:
    """With less than three phases need, one is used; never under load, and up again after its own time."""
    roof = Roof(_car(phases=3, can_switch=True, on_phases=3))
    roof.sun_w = 6900
    assert roof.live(120)["car"] == 10
    roof.sun_w = 2300
    roof.live(160)
    assert roof.members["car"].on_phases == 1
    assert roof.amps() == 10
    roof.sun_w = 6900
    roof.live(110)
    assert (roof.members["car"].on_phases, roof.amps()) == (1, 16)
    roof.live(250)
    assert (roof.members["car"].on_phases, roof.amps()) == (3, 10)
    assert roof.decision.shares["car"].switches_left == 14


def test_one_phase_waits_for_the_minimum_time_on() -> None:
    """A contactor that has just closed does not open for a change of the phases."""
    roof = Roof(_car(phases=3, can_switch=True, on_phases=3))
    roof.sun_w = 6900
    roof.live(70)
    roof.sun_w = 2000
    changing: list[float] = []
    for _ in range(150):
        roof.live(1)
        if roof.decision.shares["car"].is_changing:
            changing.append(roof.t)
    # It began after the start time of a minute.
    assert changing[0] >= 60 + 120
    assert roof.members["car"].on_phases == 1


@pytest.mark.parametrize("waits_s", [0, 10, 60])
def test_the_minimum_time_on_begins_when_the_charger_is_switched_on(waits_s: int) -> None:
    """The fuse may let it wait for a reading, or for its turn, after the sun has let it start."""
    roof = Roof(_car(waits=True))
    roof.sun_w = 1400
    roof.live(65)
    assert roof.amps()
    roof.live(waits_s)
    began_s = roof.t
    roof.change("car", waits=False)
    roof.sun_w = 0
    while roof.amps():
        roof.live(1)
    assert roof.t - began_s >= 120


def test_a_car_that_the_fuse_lets_wait_has_no_minimum_time_on() -> None:
    """Its contactor is open: without sun it waits for that again after the stop time."""
    roof = Roof(_car())
    roof.sun_w = 1400
    roof.live(65)
    assert roof.amps()
    roof.change("car", waits=True)
    assert _stays_on_s(roof) < 70


@pytest.mark.parametrize("off_s", [100, 1500])
def test_three_phases_wait_for_the_minimum_time_on(off_s: int) -> None:
    """For how long a car was off is not for how long there was enough for three."""
    roof = Roof(_car(phases=1, can_switch=True, on_phases=1))
    roof.sun_w = 1600
    roof.live(100)
    roof.sun_w = 0
    roof.live(1000 + off_s)
    assert roof.amps() == 0
    roof.sun_w = 2000
    roof.live(40)
    roof.sun_w = 9000
    changing: list[float] = []
    started_s = 0.0
    for _ in range(400):
        roof.live(1)
        started_s = started_s or (roof.t if roof.amps() else 0.0)
        if roof.decision.shares["car"].is_changing:
            changing.append(roof.t)
    assert changing[0] >= started_s + 120
    assert roof.members["car"].on_phases == 3


def _room(three_a: float) -> PhaseRoom:
    """Return what a fuse leaves: all on one phase, and so much on each of three."""
    return PhaseRoom(one_a=16.0, three_a=three_a, lacks=False)


def test_three_phases_need_the_fuse_as_well_as_the_sun() -> None:
    """With sun for three and a fuse for one it stays on one."""
    roof = Roof(_car(phases=3, can_switch=True, on_phases=3, room=_room(16)))
    roof.sun_w = 3000
    roof.live(600)
    assert roof.members["car"].on_phases == 1
    roof.sun_w = 9000
    roof.change("car", room=_room(6.2))
    roof.live(1200)
    assert roof.members["car"].on_phases == 1
    roof.change("car", room=_room(16))
    roof.live(400)
    assert roof.members["car"].on_phases == 3


@pytest.mark.parametrize(("three_a", "phases"), [(16.0, 3), (5.0, 1)])
def test_fast_waits_for_no_sun(three_a: float, phases: int) -> None:
    """Chosen on one phase, for want of sun, it has three at once where the fuse has room."""
    roof = Roof(_car(phases=3, can_switch=True, on_phases=3, room=_room(16)))
    roof.sun_w = 3000
    roof.live(600)
    roof.change("car", mode=SunMode.FAST, room=_room(three_a))
    roof.live(2)
    share = roof.decision.shares["car"]
    assert share.amps is None
    assert share.is_changing is (phases == 3)
    roof.change("car", drawn_w=0.0)
    roof.live(30)
    assert roof.members["car"].on_phases == phases


def test_three_phases_of_a_fast_car_wait_for_its_contactor() -> None:
    """It has the minimum time on, and the time between two changes, from when it starts on the one that the fuse leaves."""
    full = PhaseRoom(one_a=16.0, three_a=5.0, lacks=True)
    roof = Roof(_car(phases=3, can_switch=True, on_phases=3, mode=SunMode.FAST, waits=True, room=full))
    roof.switches_after_s = None
    roof.live(400)
    roof.change("car", waits=False, on_phases=1, phases=1)
    roof.live(1)
    began_s = roof.t
    roof.change("car", drawn_w=3680.0, room=_room(16))
    while not roof.decision.shares["car"].is_changing:
        roof.live(1)
    assert roof.t - began_s >= 300


def test_fast_lets_a_contactor_that_has_just_closed_be() -> None:
    """Chosen soon after a start on one phase, it has three when its minimum time on is over."""
    roof = Roof(_car(phases=3, can_switch=True, on_phases=3, room=_room(16)))
    roof.sun_w = 2000
    while not roof.shares or not roof.amps():
        roof.live(1)
    began_s = roof.t
    roof.live(30)
    roof.change("car", mode=SunMode.FAST)
    while not roof.decision.shares["car"].is_changing:
        roof.live(1)
    assert 120 <= roof.t - began_s < 130


def test_starts_on_one_phase() -> None:
    """A car on three phases, for which there is enough on one only, starts on one."""
    roof = Roof(_car(phases=3, can_switch=True, on_phases=3))
    roof.sun_w = 2000
    roof.live(150)
    assert (roof.members["car"].on_phases, roof.amps()) == (1, 8.6)


def test_a_start_on_one_phase_is_none_on_three() -> None:
    """Not for a moment: its phases are changed before."""
    roof = Roof(_car(phases=3, can_switch=True, on_phases=3))
    roof.sun_w = 2000
    for _ in range(150):
        roof.live(1)
        share = roof.decision.shares["car"]
        assert not (share.amps and share.phases == 3)
    assert roof.amps() == 8.6


def _go_down(roof: Roof) -> None:
    """Let the sun leave one phase to a car on three, until it is back on it."""
    roof.sun_w = 2000
    while roof.members["car"].on_phases == 3 or not roof.amps():
        roof.live(1)


def _stays_on_s(roof: Roof) -> float:
    """Return for how long a car stays on once the sun has gone."""
    gone_s, roof.sun_w = roof.t, 0.0
    while roof.amps():
        roof.live(1)
    return roof.t - gone_s


def test_a_contactor_has_its_time_after_a_change_of_the_phases() -> None:
    """It has closed anew, so that a stop waits as it does after a start."""
    roof = Roof(_car(phases=3, can_switch=True, on_phases=3))
    roof.switches_after_s = 60.0
    _go_down(roof)
    assert _stays_on_s(roof) >= 120


def test_a_contactor_that_closes_late_after_a_change_has_its_time() -> None:
    """A charger shows its phases, and takes the current a minute later only."""
    roof = Roof(_car(phases=3, can_switch=True, on_phases=3))
    _go_down(roof)
    roof.change("car", takes=False)
    roof.live(60)
    roof.change("car", takes=True)
    assert _stays_on_s(roof) >= 120


def test_a_car_that_uses_one_phase_of_three_is_not_switched() -> None:
    """Switched up once, it is found to draw on one, and stays on three."""
    roof = Roof(_car(phases=1, can_switch=True, on_phases=1))
    roof.one_phase_cars.add("car")
    roof.sun_w = 6900
    roof.live(2000)
    for sun_w in (2000, 6900, 2000):
        roof.sun_w = sun_w
        roof.live(1000)
    assert roof.members["car"].on_phases == 3
    assert roof.decision.shares["car"].switches_left == 15
    assert roof.amps() == 8.6


def test_no_more_changes_than_allowed() -> None:
    """Once they are spent the car stays on one phase."""
    roof = Roof(_car(phases=3, can_switch=True, on_phases=3), settings=SunSettings(session_switches=4))
    changes = 0
    for _ in range(8):
        for sun_w in (6900, 2300):
            roof.sun_w = sun_w
            before = roof.members["car"].on_phases
            roof.live(1000)
            changes += roof.members["car"].on_phases != before
    assert changes == 4 - 1
    assert roof.members["car"].on_phases == 1


def test_a_charger_that_refuses_goes_on_as_it_is() -> None:
    """It is not asked again before the next car, and charges on the phases that it has."""
    roof = Roof(_car(phases=1, can_switch=True, on_phases=1))
    roof.switches_after_s = None
    roof.sun_w = 6900
    roof.live(1200)
    assert roof.decision.shares["car"].phases == 1
    assert roof.decision.shares["car"].switches_left == 0
    assert roof.amps() == 16


def test_a_charger_that_takes_three_minutes() -> None:
    """It is waited for."""
    roof = Roof(_car(phases=1, can_switch=True, on_phases=1))
    roof.switches_after_s = 180
    roof.sun_w = 6900
    roof.live(1200)
    assert (roof.members["car"].on_phases, roof.amps()) == (3, 10)


# Several


def test_equal_shares() -> None:
    """Two cars have the same; when there is enough for one only, the one that waits has its turn."""
    roof = Roof(_car("a"), _car("b"))
    roof.sun_w = 4600
    assert roof.live(300) == {"a": 10, "b": 10}
    roof.sun_w = 2000
    roof.live(4 * 3600)
    had = [sum(shares[name] > 0 for shares in roof.shares[-4 * 3600 :]) for name in ("a", "b")]
    assert min(had) > 3600
    assert roof.switches("a") + roof.switches("b") < 12


def test_priority() -> None:
    """The first has all that it can use; one that comes before another takes its place."""
    roof = Roof(
        _car("second", priority=2),
        _car("first", priority=1, has_car=False),
        settings=SunSettings(strategy=Strategy.PRIORITY),
    )
    roof.sun_w = 2300
    assert roof.live(300)["second"] == 10
    roof.change("first", has_car=True)
    assert roof.live(300) == {"first": 10, "second": 0}
    roof.sun_w = 5520
    assert roof.live(300) == {"first": 16, "second": 8}


def test_a_car_that_takes_nothing_leaves_the_sun_to_the_other() -> None:
    """It keeps its least, and nothing is reserved for it."""
    roof = Roof(_car("full", takes=False), _car("b"))
    roof.sun_w = 2300
    assert roof.live(300)["b"] == 10
    assert roof.live(300)["full"] in (0, 6)


# The home battery


def test_what_a_battery_charges_with_is_left_above_its_first_charge() -> None:
    """Below it the battery has all that it can take first."""
    roof = Roof(_car(), settings=SunSettings(battery_first_percent=50, battery_takes_w=3000))
    # The battery takes all that is left: nothing is fed in.
    roof.sun_w, roof.battery = 0, Battery(power_w=2300, charge_percent=40)
    assert roof.live(300)["car"] == 0
    roof.battery = Battery(power_w=2300, charge_percent=60)
    assert roof.live(300)["car"] == 10
    roof.sun_w, roof.battery = 2300, Battery(power_w=3000, charge_percent=40)
    assert roof.live(60)["car"] == 10


@pytest.mark.parametrize(("gives_w", "expected"), [(0, 0), (1600, 6.9)])
def test_a_battery_gives_no_more_than_its_owner_allows(gives_w: float, expected: float) -> None:
    """Nothing unless it is set."""
    roof = Roof(_car(), settings=SunSettings(battery_gives_w=gives_w))
    roof.sun_w, roof.battery = 0, Battery(power_w=0, charge_percent=80)
    assert roof.live(300)["car"] == expected


def test_a_discharge_is_no_sun() -> None:
    """A battery that feeds the car leaves nothing, and what it gives is no share of the sun."""
    roof = Roof(_car(drawn_w=2300.0, mode=SunMode.FAST))
    roof.sun_w, roof.battery = 2300, Battery(power_w=-2300, charge_percent=80)
    roof.live(1)
    assert roof.decision.share == 0
    roof.battery = Battery(power_w=-1150, charge_percent=80)
    roof.live(1)
    assert roof.decision.share == 0.5


def test_an_unknown_battery_is_no_surplus() -> None:
    """Its discharge might be what is left."""
    roof = Roof(_car())
    roof.sun_w, roof.battery = 3000, Battery(power_w=None)
    assert roof.live(300)["car"] == 0


def test_a_battery_that_is_away_reports_nothing() -> None:
    """0 % in a moment keeps no car from charging for ten minutes; then it is believed."""
    roof = Roof(_car(), settings=SunSettings(battery_first_percent=50, battery_takes_w=3000))
    roof.sun_w, roof.battery = 2300, Battery(power_w=0, charge_percent=80)
    roof.live(120)
    roof.battery = Battery(power_w=0, charge_percent=0)
    assert roof.live(590)["car"] == 10
    assert roof.live(60)["car"] == 6


# The worked examples of docs/solar.md


def test_a_roof_and_one_car() -> None:
    """What each row of the table has."""
    roof = Roof(_car())
    roof.sun_w = 900
    assert roof.live(1200)["car"] == 0
    assert roof.decision.shares["car"].missing_w == 480
    roof.sun_w = 1700
    assert roof.live(62)["car"] == 6
    assert roof.live(30)["car"] == 7.3
    roof.sun_w = 3000
    assert roof.live(120)["car"] == 13
    roof.sun_w = 800
    assert roof.live(10)["car"] == 6
    assert roof.decision.shares["car"].missing_w == 580
    assert roof.live(100)["car"] == 6
    roof.sun_w = 3000
    assert roof.live(25)["car"] == 13
    roof.live(600)
    roof.sun_w = 1000
    assert roof.live(180)["car"] == 6
    assert roof.live(900)["car"] == 0


def test_a_roof_a_battery_and_two_cars() -> None:
    """What each row of the table has."""
    settings = SunSettings(strategy=Strategy.PRIORITY, battery_first_percent=50, battery_takes_w=5000)
    roof = Roof(_car("first", priority=1), _car("second", priority=2), settings=settings)
    roof.sun_w, roof.battery = 0, Battery(power_w=4000, charge_percent=30)
    assert roof.live(300) == {"first": 0, "second": 0}
    roof.sun_w, roof.battery = 2000, Battery(power_w=5000, charge_percent=40)
    assert roof.live(300) == {"first": 8.6, "second": 0}
    roof.sun_w, roof.battery = 4000, Battery(power_w=0, charge_percent=60)
    assert roof.live(300) == {"first": 11.3, "second": 6}
    roof.sun_w = 1000
    assert roof.live(30) == {"first": 6, "second": 6}
    assert roof.live(900) == {"first": 0, "second": 0}
    roof.law.settings = SunSettings(strategy=Strategy.PRIORITY, battery_gives_w=1000)
    assert roof.live(300) == {"first": 8.6, "second": 0}


# Properties


@given(readings=st.lists(st.floats(-20_000, 20_000), min_size=1, max_size=60), seconds=st.integers(1, 40))
def test_worst_of_a_window(readings: list[float], seconds: int) -> None:
    """It is the least of the readings in it, however they come."""
    surplus = Surplus()
    for t, watts in enumerate(readings):
        surplus.add(t, watts)
    last = len(readings) - 1
    expected = min(readings[max(0, last - seconds) :]) if last >= seconds else float("-inf")
    assert surplus.worst_w(last, seconds) == expected


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    spans=st.lists(
        st.tuples(st.one_of(st.none(), st.floats(-5000, 25_000)), st.integers(1, 240)),
        min_size=1,
        max_size=12,
    ),
    cars=st.lists(
        st.tuples(
            st.sampled_from(SunMode), st.sampled_from((1, 3)), st.sampled_from((0.1, 1.0)), st.booleans()
        ),
        min_size=1,
        max_size=3,
    ),
    strategy=st.sampled_from(Strategy),
)
def test_never_below_the_least_and_no_short_pause(
    spans: list[tuple[float | None, int]],
    cars: list[tuple[SunMode, int, float, bool]],
    strategy: Strategy,
) -> None:
    """No current between 0 and the least or above the most; a contactor's times are kept; no phases under load."""
    roof = Roof(
        *(
            _car(str(n), mode=mode, phases=phases, step_a=step_a, can_switch=can, on_phases=phases)
            for n, (mode, phases, step_a, can) in enumerate(cars)
        ),
        settings=SunSettings(strategy=strategy),
    )
    for sun_w, seconds in spans:
        roof.sun_w = sun_w
        roof.live(seconds)
    for n, (mode, *_, can) in enumerate(cars):
        if mode is SunMode.FAST:
            assert all(str(n) not in shares for shares in roof.shares)
            continue
        given_a = [shares[str(n)] for shares in roof.shares]
        assert all(amps == 0 or 6 <= amps <= 16 for amps in given_a)
        if mode is SunMode.MINIMUM and not can:
            assert 0 not in given_a
        if not can:
            runs = _runs(given_a)
            assert all(length >= 120 for is_on, length in runs[:-1] if is_on)
            assert all(length >= 180 for is_on, length in runs[1:-1] if not is_on)


def _runs(given_a: list[float]) -> list[tuple[bool, int]]:
    """Return for how many seconds in a row a car was on, and off."""
    runs: list[tuple[bool, int]] = []
    for amps in given_a:
        is_on = amps > 0
        if runs and runs[-1][0] is is_on:
            runs[-1] = (is_on, runs[-1][1] + 1)
        else:
            runs.append((is_on, 1))
    return runs


@pytest.mark.parametrize(
    "changes",
    [
        {"start_s": -1.0},
        {"stop_w": float("nan")},
        {"battery_gives_w": float("inf")},
        {"battery_takes_w": -1.0},
        {"start_w": float("nan")},
        {"volts": 0.0},
        {"volts": float("inf")},
    ],
)
def test_what_is_no_setting_is_refused(changes: dict[str, Any]) -> None:
    """Times, powers and a voltage that are none."""
    with pytest.raises(ValueError, match="powers and times|voltage"):
        SunSettings(**changes)
