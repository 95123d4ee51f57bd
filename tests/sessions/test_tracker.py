"""From plug-in to unplug, whatever happens in between."""

from datetime import timedelta

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.evse_pilot.chargers.types import SessionReading, Status
from custom_components.evse_pilot.sessions.session import Ending
from custom_components.evse_pilot.sessions.tracker import Change, SessionTracker, Tariff, Tracked

from .box import NOON, POLL_S, Box

REGISTERS = [(True, True, False), (True, True, True), (True, False, False), (False, True, False)]
boxes = pytest.mark.parametrize("registers", REGISTERS)


def box_with(registers: tuple[bool, bool, bool]) -> Box:
    """Return a box with some of the registers, read once without a car."""
    total, session, number = registers
    box = Box(has_total=total, has_session=session, has_number=number)
    box.poll(2)
    return box


@boxes
def test_a_session(registers: tuple[bool, bool, bool]) -> None:
    """Plugged in, charged for an hour at 11 kW, then with less, and unplugged."""
    box = box_with(registers)
    box.plug_in()
    box.poll(12)
    box.draw(11_000)
    box.poll(720)
    box.draw(2300)
    box.poll(360)
    box.draw(100)
    box.poll(60)
    box.unplug()
    box.poll(3)
    [session] = box.ended
    assert box.tracker.session is None
    assert session.begin == NOON + timedelta(seconds=3 * POLL_S)
    assert session.duration_s == (12 + 720 + 360 + 60) * POLL_S
    assert session.ending is Ending.UNPLUGGED
    assert session.energy_wh == pytest.approx(11_000 + 1150 + 100 / 12, rel=1e-3)
    # From the first reading that shows a power to the last one.
    assert session.charging_s == pytest.approx(5400, abs=POLL_S)
    assert session.mean_w == pytest.approx(12_150 / 1.5, rel=0.01)
    assert (session.peak_w, session.phases) == (11_000, 3)
    assert box.seen == [Change.STARTED, Change.ENDED]


@boxes
def test_one_odd_reading_is_no_unplugging(registers: tuple[bool, bool, bool]) -> None:
    """Nor is one without any word of the plug."""
    box = box_with(registers)
    box.plug_in()
    box.draw(7000)
    box.poll(4)
    for plugged_in in (False, None):
        box.live(POLL_S)
        box.read(SessionReading(plugged_in=plugged_in, power_w=0.0))
        box.poll(4)
    assert box.ended == []
    assert box.seen == [Change.STARTED]


@boxes
def test_a_restart_of_home_assistant_while_it_charges(registers: tuple[bool, bool, bool]) -> None:
    """The session goes on, with all that was counted meanwhile, and nothing is an event."""
    box = box_with(registers)
    box.plug_in()
    box.draw(7000)
    box.poll(360)
    box.restart_home_assistant()
    box.live(5400)
    # A counter counts from its second reading after a restart on.
    box.read(SessionReading(plugged_in=True, power_w=7000.0))
    box.poll(360)
    box.unplug()
    box.poll(2)
    [session] = box.ended
    assert session.energy_wh == pytest.approx(7000 * 2.5, rel=0.01)
    assert session.charging_s == pytest.approx(2.5 * 3600, rel=0.01)
    assert session.mean_w == pytest.approx(7000, rel=0.01)
    assert box.seen == [Change.STARTED, Change.ENDED]


@boxes
def test_unplugged_while_home_assistant_was_away(registers: tuple[bool, bool, bool]) -> None:
    """What it received until then counts; the end is the moment from which it is known, and nothing is an event."""
    box = box_with(registers)
    box.plug_in()
    box.draw(7000)
    box.poll(360)
    box.restart_home_assistant()
    box.live(1800)
    box.unplug()
    box.live(3600)
    box.poll(2)
    [session] = box.ended
    assert session.ending is Ending.NOT_SEEN
    assert session.energy_wh == pytest.approx(7000, rel=0.01)
    assert box.seen == [Change.STARTED]


@boxes
def test_plugged_in_while_home_assistant_was_away(registers: tuple[bool, bool, bool]) -> None:
    """What the car received before it was read is part of its session."""
    box = box_with(registers)
    box.restart_home_assistant()
    box.live(3600)
    box.plug_in()
    box.draw(7000)
    box.live(3600)
    box.read(SessionReading(plugged_in=True, power_w=7000.0))
    box.poll(720)
    assert box.seen == []
    box.unplug()
    box.poll(2)
    [session] = box.ended
    assert session.energy_wh == pytest.approx(14_000, rel=0.01)
    assert box.seen == [Change.ENDED]


def test_a_car_that_is_there_at_first_counts_from_then_on() -> None:
    """What it has received before is not known, nor when it came; it is no event."""
    box = Box()
    box.plug_in()
    box.draw(7000)
    box.live(3600)
    box.poll(721)
    assert box.seen == []
    assert box.sessions[0].energy_wh == pytest.approx(7000, rel=1e-3)


@pytest.mark.parametrize("registers", [r for r in REGISTERS if r[1]])
@pytest.mark.parametrize("away", [False, True])
def test_two_cars_swapped_within_one_poll(registers: tuple[bool, bool, bool], away: bool) -> None:
    """The number or the energy of the charger's session shows it, also over a restart of Home Assistant."""
    box = box_with(registers)
    box.plug_in()
    box.draw(7000)
    box.poll(720)
    if away:
        box.restart_home_assistant()
    box.swap()
    box.draw(11_000)
    box.live(1200 if away else 0)
    box.poll(360)
    first, second = box.sessions
    assert first.ending is Ending.OTHER_CAR
    assert first.energy_wh == pytest.approx(7000, rel=0.01)
    assert second.energy_wh == pytest.approx(11_000 * (5 / 6 if away else 0.5), rel=0.01)
    assert second.begin >= (first.end or second.begin)
    assert box.seen == ([Change.STARTED] if away else [Change.STARTED, Change.ENDED, Change.STARTED])


def test_a_car_exchanged_for_one_that_received_more() -> None:
    """The energy of the session has not fallen, but the total has grown by more."""
    box = box_with((True, True, False))
    box.plug_in()
    box.draw(7000)
    box.poll(720)
    box.restart_home_assistant()
    box.live(3600)
    box.swap()
    box.draw(7000)
    box.live(2 * 3600)
    box.poll(1)
    first, second = box.sessions
    assert (first.energy_wh, second.energy_wh) == pytest.approx((14_000, 14_000), rel=0.01)


def test_one_odd_number_is_no_other_car() -> None:
    """A number counts when it was read twice."""
    box = box_with((True, True, True))
    box.plug_in()
    box.draw(7000)
    box.poll(10)
    for number in (7, None, 9, 10):
        box.live(POLL_S)
        box.read(
            SessionReading(
                plugged_in=True,
                power_w=7000.0,
                total_wh=box.total_wh,
                session_wh=box.session_wh,
                number=number,
            )
        )
    box.poll(10)
    [session] = box.sessions
    assert session.energy_wh == pytest.approx(7000 * 24 * POLL_S / 3600, rel=0.1)


@pytest.mark.parametrize("registers", [r for r in REGISTERS if not r[2]])
@pytest.mark.parametrize("total_wh", [None, 0.0, 50.0, 9e6])
def test_reset_register_makes_no_jump(registers: tuple[bool, bool, bool], total_wh: float | None) -> None:
    """A restart of the box, another meter or other firmware: nothing is negative, and nothing is counted twice."""
    box = box_with(registers)
    box.plug_in()
    box.draw(7000)
    box.poll(720)
    box.tracker.absent()
    box.tracker.restarted()
    box.total_wh = box.total_wh if total_wh is None else total_wh
    box.session_wh = 0.0
    box.live(60)
    box.poll(720)
    box.unplug()
    box.poll(2)
    [session] = box.ended
    assert session.energy_wh == pytest.approx(14_000, rel=0.02)


def test_a_total_that_went_on_elsewhere_alone() -> None:
    """The energy of the session counts then."""
    box = box_with((True, True, False))
    box.plug_in()
    box.draw(7000)
    for total_wh in (9e6, 5e6, 5e6 + 700):
        box.poll(240)
        box.total_wh = total_wh
    box.poll(1)
    assert box.sessions[0].energy_wh == pytest.approx(7000 * 721 * POLL_S / 3600, rel=0.001)


def test_a_total_that_is_missing_for_good() -> None:
    """The energy of the session counts from where it was last known, once."""
    box = box_with((True, True, False))
    box.plug_in()
    box.draw(7000)
    box.poll(120)
    box.has_total = False
    box.poll(300)
    box.has_total = True
    box.poll(120)
    box.unplug()
    box.poll(2)
    assert box.ended[0].energy_wh == pytest.approx(7000 * 540 * POLL_S / 3600, rel=0.01)


def test_no_register_is_no_energy() -> None:
    """As with a charger without a meter; the time is known by its status."""
    box = Box(has_total=False, has_session=False)
    box.poll(2)
    box.plug_in()
    box.draw(7000)
    for _ in range(10):
        box.live(POLL_S)
        box.read(SessionReading(plugged_in=True))
    box.unplug()
    box.poll(2)
    [session] = box.ended
    assert (session.energy_wh, session.mean_w, session.peak_w) == (None, None, None)
    assert session.charging_s == 9 * POLL_S
    assert box.seen == [Change.STARTED, Change.ENDED]


def test_the_first_card_is_that_of_the_session() -> None:
    """Another card that is held to the reader later changes nothing."""
    box = box_with((True, True, False))
    box.plug_in()
    box.poll(2)
    for box.card in ("04A1B2C3D4E5F6", "010203040506"):
        box.poll(2)
    assert box.sessions[0].card == "04A1B2C3D4E5F6"


def test_finished_is_an_event_once_in_a_session() -> None:
    """However often the car wakes up again."""
    box = box_with((True, True, False))
    for _ in range(2):
        box.plug_in()
        box.draw(7000)
        box.poll(3)
        assert box.tracker.has_charged
        for takes_no_more in (True, True, False, True):
            box.happened += box.tracker.finished(takes_no_more=takes_no_more)
            box.restart_home_assistant()
            box.poll(1)
        box.unplug()
        box.poll(3)
    assert not box.tracker.has_charged
    assert box.seen == 2 * [Change.STARTED, Change.FINISHED, Change.ENDED]


# Cost


def test_cost_with_a_price_that_changes() -> None:
    """Each energy has the price of its time; the price may be negative."""
    box = box_with((True, True, False))
    box.tariff = Tariff(per_kwh=0.30, currency="EUR")
    box.plug_in()
    box.draw(7200)
    box.poll(720)
    box.tariff = Tariff(per_kwh=-0.10, currency="EUR")
    box.poll(720)
    box.unplug()
    box.poll(2)
    [session] = box.ended
    assert session.cost == pytest.approx(7.2 * 0.2, rel=0.01)
    assert (session.currency, session.is_cost_complete) == ("EUR", True)


@pytest.mark.parametrize(
    "tariff",
    [None, Tariff(per_kwh=None, currency="EUR"), Tariff(per_kwh=0.3, currency="CHF")],
)
def test_energy_without_a_price_is_without_cost(tariff: Tariff | None) -> None:
    """The session shows that its cost is not that of all the energy."""
    box = box_with((True, True, False))
    box.tariff = Tariff(per_kwh=0.30, currency="EUR")
    box.plug_in()
    box.draw(7200)
    box.poll(720)
    box.tariff = tariff
    box.poll(720)
    [session] = box.sessions
    assert session.cost == pytest.approx(7.2 * 0.3, rel=0.01)
    assert session.unpriced_wh == pytest.approx(7200, rel=0.01)
    assert not session.is_cost_complete


@pytest.mark.parametrize("is_fixed", [False, True])
def test_only_a_fixed_price_holds_over_an_absence(is_fixed: bool) -> None:
    """What another price was while Home Assistant was away is not known."""
    box = box_with((True, True, False))
    box.tariff = Tariff(per_kwh=0.30, currency="EUR", is_fixed=is_fixed)
    box.plug_in()
    box.draw(7200)
    box.poll(2)
    box.restart_home_assistant()
    box.live(3600)
    box.poll(2)
    [session] = box.sessions
    assert session.is_cost_complete is is_fixed
    assert (session.cost or 0) == pytest.approx(2.16 if is_fixed else 0, abs=0.02)


# Whatever happens

moves = st.lists(
    st.one_of(
        st.sampled_from(["plug_in", "unplug", "swap", "poll", "restart", "odd"]),
        st.tuples(st.just("draw"), st.sampled_from([0.0, 100.0, 2300.0, 11_000.0, 22_000.0])),
        st.tuples(st.just("poll"), st.integers(2, 40)),
    ),
    max_size=60,
)


def play(box: Box, moves: list[str | tuple[str, float]], *, restarts: bool) -> None:
    """Let it all happen, with a reading after each."""
    box.poll(2)
    for move in moves:
        name, value = move if isinstance(move, tuple) else (move, 1)
        if name == "restart":
            if restarts:
                box.restart_home_assistant()
        elif name == "draw":
            box.draw(value)
        elif name == "odd":
            box.live(POLL_S)
            box.read(SessionReading())
        elif name != "poll":
            getattr(box, name)()
        box.poll(int(value) if name == "poll" else 1)


@settings(max_examples=300, deadline=None)
@given(moves, st.sampled_from(REGISTERS))
def test_energies_are_what_was_counted(
    moves: list[str | tuple[str, float]], registers: tuple[bool, bool, bool]
) -> None:
    """No energy is negative, and their sum is the growth of the total; of the session's own, but for a last poll."""
    total, session, number = registers
    box = Box(has_total=total, has_session=session, has_number=number)
    counted_wh = box.total_wh
    play(box, moves, restarts=True)
    energies_wh = [session.energy_wh or 0.0 for session in box.sessions]
    assert all(energy_wh >= 0 for energy_wh in energies_wh)
    assert all(session.charging_s <= (session.duration_s or 1e9) for session in box.sessions)
    assert all(session.end is None or session.end >= session.begin for session in box.sessions)
    # What flows from the last reading of one car to the first of the next is in no counter of the session.
    missing_wh = 0.5 if total else 0.5 + len(moves) * 22_000 * POLL_S / 3600
    assert -missing_wh <= sum(energies_wh) - (box.total_wh - counted_wh) <= 0.5


@settings(max_examples=300, deadline=None)
@given(moves, st.sampled_from(REGISTERS))
def test_a_restart_at_any_point_changes_nothing(
    moves: list[str | tuple[str, float]], registers: tuple[bool, bool, bool]
) -> None:
    """The sessions are the same; only what was not seen to happen is no event."""
    total, session, number = registers
    with_restarts, without = (Box(has_total=total, has_session=session, has_number=number) for _ in range(2))
    play(with_restarts, moves, restarts=True)
    play(without, moves, restarts=False)
    assert [s.begin for s in with_restarts.sessions] == [s.begin for s in without.sessions]
    assert [s.energy_wh for s in with_restarts.sessions] == pytest.approx(
        [s.energy_wh for s in without.sessions], abs=0.01
    )
    assert [s.charging_s for s in with_restarts.sessions] == [s.charging_s for s in without.sessions]


@settings(max_examples=300, deadline=None)
@given(
    registers=st.sampled_from(REGISTERS),
    away_s=st.integers(0, 12 * 3600),
    behind_s=st.one_of(st.just(0), st.integers(1, 86_400), st.integers(1, 10**9)),
    watts=st.sampled_from([1400.0, 7000.0, 22_000.0]),
    is_set_right=st.booleans(),
)
def test_no_energy_is_lost_by_a_clock_that_is_behind(
    registers: tuple[bool, bool, bool], away_s: int, behind_s: int, watts: float, is_set_right: bool
) -> None:
    """A computer without a clock of its own begins where it ended, or in another year, until it is set right."""
    box = box_with(registers)
    box.plug_in()
    box.draw(watts)
    box.poll(360)
    box.restart_home_assistant()
    box.live(away_s)
    box.now -= timedelta(seconds=away_s + behind_s)
    # A counter counts from its second reading after a restart on.
    box.read(SessionReading(plugged_in=True, power_w=watts))
    box.poll(10)
    if is_set_right:
        box.now += timedelta(seconds=away_s + behind_s)
    box.poll(10)
    box.unplug()
    box.poll(3)
    [session] = box.ended
    charged_s = 380 * POLL_S + away_s
    assert session.energy_wh == pytest.approx(watts * charged_s / 3600, rel=0.01)
    # A clock that is set right by less than a gap seems to be time in which it charged.
    assert session.charging_s == pytest.approx(charged_s, rel=0.1, abs=15 * 60)


@settings(max_examples=300, deadline=None)
@given(
    jump_wh=st.floats(750_000, 1e8),
    behind_s=st.integers(0, 10**9),
    has_session=st.booleans(),
    restarts=st.booleans(),
)
def test_no_clock_makes_a_jump_of_another_meter(
    jump_wh: float, behind_s: int, has_session: bool, restarts: bool
) -> None:
    """A total that went on elsewhere is no energy of the session, whatever the clock shows then."""
    box = box_with((True, has_session, False))
    box.plug_in()
    box.draw(7000)
    box.poll(360)
    if restarts:
        box.restart_home_assistant()
    box.total_wh += jump_wh
    box.now -= timedelta(seconds=behind_s)
    box.poll(360)
    box.unplug()
    box.poll(3)
    [session] = box.ended
    assert session.energy_wh == pytest.approx(7000, rel=0.01)


@pytest.mark.parametrize("behind_s", [7200, 86_400])
def test_the_price_of_a_time_that_the_clock_does_not_show(behind_s: int) -> None:
    """What a car has received in it took hours, in which the price was another one."""
    box = box_with((True, True, False))
    box.tariff = Tariff(per_kwh=0.30, currency="EUR")
    box.plug_in()
    box.draw(7200)
    box.poll(2)
    box.restart_home_assistant()
    box.live(7200)
    box.now -= timedelta(seconds=behind_s)
    box.poll(2)
    assert not box.sessions[0].is_cost_complete
    assert box.sessions[0].cost == pytest.approx(0, abs=0.02)


def test_a_total_that_goes_while_the_clock_is_behind() -> None:
    """It is not waited for until the clock is where it was."""
    box = box_with((True, True, False))
    box.plug_in()
    box.draw(7200)
    box.poll(10)
    box.restart_home_assistant()
    box.now -= timedelta(hours=5)
    box.has_total = False
    box.poll(240)
    assert box.sessions[0].energy_wh == pytest.approx(7200 * 250 * POLL_S / 3600, rel=0.01)


@pytest.mark.parametrize(
    "stored",
    [
        {"session": 7},
        {"session": {"begin": "yesterday"}},
        {"session": {}},
        {"registers": {"at": 5}},
        {"gone_at": 3},
    ],
)
def test_stored_nonsense_is_refused(stored: dict[str, object]) -> None:
    """It is dropped as a whole by the storage."""
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
        Tracked.from_dict(stored)


def test_what_is_missing_from_storage_is_not_known() -> None:
    """As after an update."""
    assert Tracked.from_dict({"gap_s": "x", "other_number": "7"}) == Tracked()
    tracker = SessionTracker(Tracked())
    assert tracker.read(NOON, SessionReading(), Status.FAULT) == []
