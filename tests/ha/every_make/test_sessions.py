"""The sessions of each make, in a Home Assistant that restarts, on a line that is lost."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.evse_pilot.chargers.clock import Clock
from custom_components.evse_pilot.control.claim import Claim, Reason, Source
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.ha.makes import MAKES, Make, settle

from .visits import Visits
from .world import BOXES

# What a counter that shows tenths of a kilowatt-hour may be away, and what flows in a poll.
CLOSE_WH = 60.0


@pytest.fixture(autouse=True)
def events_are_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the events of a charger that streams be due when they come."""
    clock = Clock(monotonic=lambda: dt_util.utcnow().timestamp(), time=lambda: dt_util.utcnow().timestamp())
    monkeypatch.setattr("custom_components.evse_pilot.chargers.evnex.charger.Clock", lambda: clock)


@pytest.fixture
async def emulator(make: Make, freezer: FrozenDateTimeFactory) -> AsyncGenerator[Any]:
    """Return a charger whose clock is the frozen one."""
    freezer.move_to(datetime(2026, 11, 20, 17, tzinfo=UTC))
    async with make.emulator(clock=lambda: dt_util.utcnow().timestamp()) as emulator:
        emulator.advance(5) if hasattr(emulator, "booted_at") else None
        yield emulator


@pytest.fixture
async def visits(hass: HomeAssistant, freezer: FrozenDateTimeFactory, make: Make, emulator: Any) -> Visits:
    """Return it, set up without a car."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    if make.other is not None:
        await make.other(hass, emulator)
    entry = make.entry(emulator)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass, make)
    visits = Visits(hass, freezer, make, emulator, entry)
    await visits.poll(3)
    return visits


async def test_a_session(visits: Visits) -> None:
    """Plugged in, charged, and unplugged: two events, and one session with what the charger has counted."""
    counted_wh = visits.counted_wh
    await visits.press("plug_in")
    assert visits.event_types == ["session_started"]
    await visits.poll(120, 30)
    await visits.press("unplug")
    [session] = await visits.sessions()
    assert visits.event_types == ["session_started", "session_ended"]
    assert session["energy_kwh"] * 1000 == pytest.approx(visits.counted_wh - counted_wh, abs=CLOSE_WH)
    assert session["energy_estimated"] is visits.streams
    assert session["duration_minutes"] == pytest.approx(60, abs=1)
    assert session["charging_minutes"] == pytest.approx(60, abs=1)
    assert session["mean_power_kw"] == pytest.approx(session["peak_power_kw"], rel=0.05)
    assert session["phases"] == (None if visits.streams else 3)
    assert (session["begin"][:16], session["end"][:16]) == ("2026-11-20T18:00", "2026-11-20T19:00")
    assert session["ended_by"] == "unplugged"
    _, attributes = visits.events[-1]
    assert {
        key: attributes[key] for key, value in session.items() if value is not None
    }.items() <= session.items()
    await visits.press("plug_in")
    assert visits.event_types[2:] == ["session_started"]


async def test_a_restart_of_home_assistant_while_it_charges(visits: Visits) -> None:
    """The session goes on, and nothing is an event at start-up."""
    counted_wh = visits.counted_wh
    await visits.press("plug_in")
    await visits.poll(20, 30)
    await visits.stop()
    restored = visits.state("event.session").state
    if not visits.streams:
        # What an EVNEX draws is summed up here, so that nothing is counted meanwhile.
        await visits.live(1800)
    await visits.start()
    assert visits.event_types == ["session_started"]
    assert visits.state("event.session").attributes["event_type"] == "session_started"
    assert restored == "unavailable"
    await visits.poll(20, 30)
    await visits.press("unplug")
    [session] = await visits.sessions()
    lost_wh = 200.0 if visits.streams else 0.0
    assert session["energy_kwh"] * 1000 == pytest.approx(
        visits.counted_wh - counted_wh, abs=CLOSE_WH + lost_wh
    )
    assert session["begin"][:16] == "2026-11-20T18:00"
    assert visits.event_types == ["session_started", "session_ended"]


async def test_unplugged_and_plugged_in_while_home_assistant_was_away(visits: Visits) -> None:
    """Both are found, and neither is an event."""
    await visits.press("plug_in")
    await visits.poll(20, 30)
    await visits.stop()
    visits.emulator.press("unplug")
    await visits.live(600)
    await visits.start()
    [session] = await visits.sessions()
    assert (session["ended_by"], visits.event_types) == ("not_seen", ["session_started"])
    await visits.stop()
    visits.emulator.press("plug_in")
    await visits.live(600)
    await visits.start()
    await visits.poll(20, 30)
    assert visits.event_types == ["session_started"]
    await visits.press("unplug")
    _, session = await visits.sessions()
    assert session["ended_by"] == "unplugged"
    assert visits.event_types == ["session_started", "session_ended"]


async def test_a_lost_line_and_a_restart_of_the_box(visits: Visits) -> None:
    """One session, without a jump; a box that counts from 0 again is no other car, and coming back is no event."""
    counted_wh = visits.counted_wh
    await visits.press("plug_in")
    await visits.poll(60, 30)
    if hasattr(visits.emulator, "reboot"):
        visits.emulator.reboot()
    await visits.away(120)
    await visits.poll(20, 30)
    assert visits.event_types == ["session_started"]
    await visits.press("unplug")
    [session] = await visits.sessions()
    counted_wh = visits.counted_wh - counted_wh
    # What flowed while a counter began again from 0, or nothing was summed up.
    assert counted_wh * 0.85 - CLOSE_WH <= session["energy_kwh"] * 1000 <= counted_wh + CLOSE_WH
    assert visits.event_types == ["session_started", "session_ended"]


async def test_unplugged_while_the_line_was_lost(visits: Visits) -> None:
    """It is found on the way out of unavailable, where nothing is an event."""
    await visits.press("plug_in")
    await visits.poll(10, 30)
    visits.emulator.press("unplug")
    await visits.away(120)
    await visits.poll(3)
    [session] = await visits.sessions()
    assert session["ended_by"] == "not_seen"
    assert visits.event_types == ["session_started"]


async def test_one_reading_without_a_car_is_no_unplugging(visits: Visits) -> None:
    """A pilot reads so for a moment now and then."""
    await visits.press("plug_in")
    await visits.poll(10, 30)
    before = visits.emulator.__dict__.copy()
    aci = before["devices"] and visits.emulator.aci if visits.streams else visits.emulator
    aci.plugged_in = False
    await visits.poll(1, 3)
    aci.plugged_in = True
    await visits.poll(10, 30)
    assert await visits.sessions() == []
    assert visits.event_types == ["session_started"]


async def test_a_register_that_is_reset(visits: Visits) -> None:
    """Another meter, or other firmware: nothing is negative, and no life of a meter is counted as a session."""
    await visits.press("plug_in")
    await visits.poll(60, 30)
    counters = {"total_wh", "imported_wh"} & visits.emulator.__dict__.keys()
    for total_wh in (50.0, 9_000_000.0):
        if "total_wh" in counters:
            visits.emulator.total_wh = total_wh
        await visits.poll(30, 30)
    await visits.press("unplug")
    [session] = await visits.sessions()
    expected_kwh = session["peak_power_kw"]
    assert session["energy_kwh"] == pytest.approx(expected_kwh, rel=0.03)


@pytest.mark.parametrize("away", [False, True])
async def test_two_cars_swapped(visits: Visits, away: bool) -> None:
    """Within one poll, or while Home Assistant was away: two sessions where the charger's own data show it."""
    await visits.press("plug_in")
    await visits.poll(60, 30)
    if away:
        await visits.stop()
    visits.emulator.press("unplug")
    visits.emulator.press("plug_in")
    if away:
        await visits.live(300)
        await visits.start()
    await visits.poll(30, 30)
    await visits.press("unplug")
    sessions = await visits.sessions()
    if visits.streams:
        # It shows neither a number nor a counter of its session.
        assert [session["ended_by"] for session in sessions] == ["unplugged"]
        return
    assert [session["ended_by"] for session in sessions] == ["other_car", "unplugged"]
    assert sessions[0]["energy_kwh"] > sessions[1]["energy_kwh"] > 1
    assert sessions[0]["end"] == sessions[1]["begin"]
    seen = [] if away else ["session_ended", "session_started"]
    assert visits.event_types == ["session_started", *seen, "session_ended"]


# N15: a car that takes no more


async def test_n15_a_car_that_tapers_and_stops_is_finished_once(visits: Visits) -> None:
    """Thirteen flaps of a car that is full are one event; the status is calm, and charging again when it draws again."""
    await visits.press("plug_in")
    await visits.poll(10, 30)
    for amps in ("12", "8", "6"):
        await visits.press("draw", amps)
    statuses: list[str] = []
    for _ in range(13):
        for amps, polls in (("0", 4), ("6", 1)):
            await visits.press("draw", amps, polls)
            statuses.append(visits.state("sensor.status").state)
    assert "finished" not in statuses
    assert visits.event_types == ["session_started"]
    await visits.press("draw", "0")
    await visits.poll(12, 30)
    assert visits.state("sensor.status").state == "finished"
    assert visits.state("binary_sensor.charging").state == "off"
    assert visits.event_types == ["session_started", "charging_finished"]
    assert visits.events[-1][1]["energy_kwh"] > 0
    # It keeps its battery warm.
    await visits.press("draw", "6")
    assert visits.state("sensor.status").state == "charging"
    await visits.press("draw", "0")
    await visits.poll(12, 30)
    assert visits.state("sensor.status").state == "finished"
    await visits.stop()
    await visits.start()
    assert visits.state("sensor.status").state == "finished"
    await visits.press("unplug")
    assert visits.state("sensor.status").state == "disconnected"
    assert visits.event_types == ["session_started", "charging_finished", "session_ended"]


async def test_n15_a_car_that_may_not_charge_is_not_finished(visits: Visits) -> None:
    """Neither one that is paused, nor one that has not charged yet."""
    await visits.press("draw", "0")
    await visits.press("plug_in")
    await visits.press("draw", "0")
    await visits.poll(15, 30)
    assert visits.state("sensor.status").state != "finished"
    await visits.press("draw", "16")
    await visits.poll(4, 30)
    BOXES[visits.entry.data["vendor"]].switch_off(visits.emulator)
    await visits.poll(15, 30)
    assert visits.state("sensor.status").state == "paused"
    assert visits.event_types == ["session_started"]


# A command to an EVNEX waits for its effect, and time stands still meanwhile.
@pytest.mark.parametrize("make", [name for name, make in MAKES.items() if not make.streams], indirect=True)
@pytest.mark.parametrize("reason", [Reason.CAR_TAKES_NO_MORE, Reason.MAIN_FUSE])
async def test_n15_a_car_that_its_group_pauses(visits: Visits, reason: Reason) -> None:
    """One that takes no more is finished, also where others get what it had; one that the fuse pauses is not."""
    await visits.press("plug_in")
    await visits.poll(4, 30)
    await visits.press("draw", "0")
    await visits.poll(2, 30)
    claim = Claim(source=Source.GROUP, reason=reason, max_current_a=0.0)
    visits.entry.runtime_data.control.set_claim(Source.GROUP, claim)
    await visits.poll(15, 30)
    is_finished = reason is Reason.CAR_TAKES_NO_MORE
    assert visits.state("sensor.status").state == ("finished" if is_finished else "paused")
    assert visits.event_types == ["session_started"] + ["charging_finished"] * is_finished
