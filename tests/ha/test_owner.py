"""Limits of the owner, for good and for a time, next to a person at the charger, a schedule and a group."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.chargers.capabilities import ChargingSwitch
from custom_components.evse_pilot.chargers.errors import ChargerRefusedError, ChargerUnreachableError
from custom_components.evse_pilot.chargers.smartevse.charger import SmartEvse
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.claim import Claim, Reason, Source
from custom_components.evse_pilot.control.controller import ChargerController
from custom_components.evse_pilot.control.owner import OwnerControls
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line, Request
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.smartevse import NORMAL, OFF, PAUSE, SOLAR, SmartEvseEmulator

from .clock import Days
from .conftest import Call, Poll
from .group.conftest import group_entry, member

type Later = Callable[..., Awaitable[None]]


@pytest.fixture
async def loaded(days: Days, loaded: MockConfigEntry) -> MockConfigEntry:
    """Return the entry, set up on a Friday noon."""
    return loaded


@pytest.fixture
def later(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Later:
    """Return a function that lets time pass, and what is due then happen."""

    async def later(**time: float) -> None:
        await hass.async_block_till_done(wait_background_tasks=True)
        freezer.tick(timedelta(**time))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)

    return later


@pytest.fixture
def control(hass: HomeAssistant, loaded: MockConfigEntry) -> ChargerController:
    """Return the controller of a charger that is in a group, so that what is claimed for that is not an orphan's."""
    group_entry(member(loaded.entry_id, "Box")).add_to_hass(hass)
    control: ChargerController = loaded.runtime_data.control
    return control


async def group(hass: HomeAssistant, control: ChargerController, amps: float | None) -> None:
    """Let a group give the charger a current, or release it."""
    claim = None
    if amps is not None:
        claim = Claim(source=Source.GROUP, reason=Reason.MAIN_FUSE, max_current_a=amps)
    control.set_claim(Source.GROUP, claim)
    await hass.async_block_till_done(wait_background_tasks=True)


def own_a(control: ChargerController) -> float:
    """Return what the owner leaves to a group."""
    assert control.own_target is not None
    return control.own_target.current_a


def claimed(entry: MockConfigEntry) -> dict[str, float | None]:
    """Return the currents that are claimed, by source."""
    control: ChargerController = entry.runtime_data.control
    return {source.value: claim.current_a for source, claim in control.claims.items()}


def posts(emulator: SmartEvseEmulator) -> list[Request]:
    """Return the commands that the charger got."""
    return [request for request in emulator.calls if request.method == "POST"]


async def limit(hass: HomeAssistant, amps: float, **duration: float) -> None:
    """Limit the charger, for a time if there is one."""
    data: dict[str, Any] = {"current": amps} | ({"duration": duration} if duration else {})
    await act(hass, "set_current_limit", **data)


async def act(hass: HomeAssistant, action: str, **data: Any) -> None:
    """Carry out an action on the charger."""
    target = {"entity_id": "sensor.smartevse_status"}
    await hass.services.async_call(DOMAIN, action, target | data, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> ChargerController:
    """Let Home Assistant start again, as far as the charger is concerned."""
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    control: ChargerController = entry.runtime_data.control
    return control


@pytest.mark.parametrize("restart", [False, True])
async def test_what_was_before_comes_back(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later, restart: bool
) -> None:
    """After its time the limit of before holds, also when Home Assistant started again in between."""
    emulator.plug_in()
    await limit(hass, 13)
    await limit(hass, 8, hours=1)
    assert emulator.override_a == 8
    await later(minutes=30)
    # Again, and for longer: what was before is still what was before.
    await limit(hass, 7, hours=1)
    if restart:
        await reload(hass, loaded)
    await later(minutes=59)
    assert emulator.override_a == 7
    await later(minutes=2)
    assert emulator.override_a == 13


async def test_its_time_was_over_while_home_assistant_was_away(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, freezer: FrozenDateTimeFactory
) -> None:
    """What was before comes back at the start then."""
    await limit(hass, 8, minutes=5)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    freezer.tick(timedelta(hours=1))
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert emulator.override_a == 16


@pytest.mark.parametrize("restart", [False, True])
async def test_a_pause_for_a_time(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later, restart: bool
) -> None:
    """The car waits, and charges again with what it had."""
    emulator.plug_in()
    await limit(hass, 12)
    await limit(hass, 0, minutes=10)
    assert emulator.mode_id == PAUSE
    if restart:
        await reload(hass, loaded)
    await later(minutes=11)
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 12)


async def test_a_limit_for_a_time_within_a_pause_for_good(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later
) -> None:
    """The smaller of both wins: what was paused for good stays paused, during the limit and after it."""
    emulator.plug_in()
    await limit(hass, 0)
    await limit(hass, 8, minutes=10)
    assert emulator.mode_id == PAUSE
    await later(minutes=11)
    assert emulator.mode_id == PAUSE
    await limit(hass, 9)
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 9)


@pytest.mark.parametrize("over", [False, True])
async def test_a_limit_while_a_person_has_switched_it_off(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    poll: Poll,
    over: bool,
) -> None:
    """It stays off; switched on again it has the limit that holds then, which is the earlier one if the other is over."""
    await limit(hass, 11)
    emulator.turn_mode(OFF)
    await poll()
    await limit(hass, 8, minutes=10)
    await later(minutes=11 if over else 5)
    assert emulator.mode_id == OFF
    emulator.turn_mode(NORMAL)
    await poll()
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 11 if over else 8)
    await later(minutes=11)
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 11)


@pytest.mark.parametrize(("amps", "found"), [(8, 10.0), (0, 0)])
async def test_a_hand_at_the_charger_is_the_owners(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    poll: Poll,
    amps: float,
    found: float,
) -> None:
    """A limit that is set at the charger is for good, and one for a time is over; switched on it charges."""
    await limit(hass, amps, hours=1)
    if amps:
        emulator.override_a = 10
    else:
        emulator.turn_mode(NORMAL)
    await poll()
    await poll()
    assert claimed(loaded) == ({"owner": 10} if amps else {})
    await later(hours=2)
    assert (emulator.override_a, emulator.mode_id) == (found, NORMAL)
    await reload(hass, loaded)
    assert (emulator.override_a, emulator.mode_id) == (found, NORMAL)


async def test_a_limit_is_kept_for_after_a_pause(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, call: Call
) -> None:
    """A limit for good that is set while charging is forbidden waits until it is allowed again."""
    await call("switch.turn_off", "switch.allow_charging")
    await limit(hass, 9)
    assert (emulator.mode_id, claimed(loaded)) == (PAUSE, {"owner": 0})
    await call("switch.turn_on", "switch.allow_charging")
    assert (emulator.mode_id, emulator.override_a, claimed(loaded)) == (NORMAL, 9, {"owner": 9})


async def test_switched_on_during_a_pause_for_a_time(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, call: Call
) -> None:
    """Who allows charging ends a pause for a time, and no limit for a time."""
    await limit(hass, 0, minutes=10)
    await call("switch.turn_on", "switch.allow_charging")
    assert (emulator.mode_id, claimed(loaded)) == (NORMAL, {})
    await limit(hass, 8, minutes=10)
    await call("switch.turn_off", "switch.allow_charging")
    await call("switch.turn_on", "switch.allow_charging")
    assert (emulator.mode_id, emulator.override_a, claimed(loaded)) == (NORMAL, 8, {"timed": 8})


async def test_what_cannot_be_asked_of_a_charger_that_is_away_changes_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll
) -> None:
    """Neither a limit, nor a switch: who asks gets an error, and nothing happens when the charger is back."""
    control = loaded.runtime_data.control
    emulator.line = Line.REFUSED
    while control.is_available:
        await poll()
    with pytest.raises(HomeAssistantError, match="does not answer"):
        await limit(hass, 8)
    with pytest.raises(ChargerUnreachableError):
        await OwnerControls(control).async_set_charging(on=False)
    assert not control.claims
    emulator.line = Line.OK
    await poll()
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 0)


async def test_a_limit_for_good_ends_one_for_a_time(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later
) -> None:
    """The last word counts."""
    await limit(hass, 8, hours=1)
    await limit(hass, 9)
    await later(hours=2)
    assert emulator.override_a == 9


async def test_clear(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later
) -> None:
    """A limit for a time ends first, then the one for good; without a limit there is nothing to clear."""
    await act(hass, "clear_current_limit")
    assert not posts(emulator)
    await limit(hass, 12)
    await limit(hass, 8, hours=1)
    await act(hass, "clear_current_limit")
    assert emulator.override_a == 12
    await act(hass, "clear_current_limit")
    assert emulator.override_a == 16
    await act(hass, "clear_current_limit")
    emulator.override_a = 9
    await later(hours=2)
    assert emulator.override_a == 9


async def test_a_charger_that_forgot_gets_it_again(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later, poll: Poll
) -> None:
    """An override is gone after a restart of the box; the limit's time is not."""
    await limit(hass, 8, hours=1)
    emulator.line = Line.REFUSED
    for _ in range(3):
        await poll()
    emulator.override_a = 0
    emulator.line = Line.OK
    await poll()
    await later(seconds=10)
    assert emulator.override_a == 8
    await later(hours=1)
    assert emulator.override_a == 16


async def test_a_charger_that_is_away_at_the_end(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is sent what was before until it takes it, with growing pauses; that it does not is logged once."""
    await limit(hass, 8, minutes=10)
    emulator.line, emulator.line_for = Line.REFUSED, lambda request: request.method == "POST"
    await later(minutes=11)
    emulator.plug_in()
    await loaded.runtime_data.coordinator.async_refresh()
    for _ in range(5):
        await later(seconds=61)
    assert emulator.override_a == 8
    assert caplog.text.count("cannot be commanded: unreachable") == 1
    assert 2 <= loaded.runtime_data.control.writes_today <= 8
    emulator.line_for = lambda _: True
    await later(seconds=61)
    emulator.line = Line.OK
    await later(seconds=301)
    await loaded.runtime_data.coordinator.async_refresh()
    await later(seconds=1)
    assert emulator.override_a == 16
    assert caplog.text.count("can be commanded again") == 1


@pytest.mark.parametrize("arrived", [False, True])
async def test_a_limit_that_did_not_arrive(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later, arrived: bool
) -> None:
    """It may have arrived all the same, so it is kept, sent again if it did not, and ended."""
    emulator.line = Line.CUT if arrived else Line.REFUSED
    emulator.line_for = lambda request: request.method == "POST"
    with pytest.raises(HomeAssistantError, match="does not answer"):
        await limit(hass, 8, minutes=10)
    assert emulator.override_a == (8 if arrived else 0)
    emulator.line = Line.OK
    await later(seconds=10)
    assert emulator.override_a == 8
    assert claimed(loaded) == {"timed": 8}
    await later(minutes=11)
    assert emulator.override_a == 16


@pytest.mark.parametrize("duration", [{}, {"minutes": 10}])
async def test_what_is_refused_changes_nothing(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    call: Call,
    duration: dict[str, float],
) -> None:
    """A limit that the charger does not take has never been, whichever control it came from."""
    await limit(hass, 12)
    emulator.turn_mode(SOLAR)
    await loaded.runtime_data.coordinator.async_refresh()
    before = claimed(loaded)
    emulator.calls.clear()
    with pytest.raises(ServiceValidationError, match="solar"):
        await limit(hass, 8, **duration)
    with pytest.raises(ServiceValidationError, match="solar"):
        await call("number.set_value", "number.current_limit", value=8)
    for amps in (5, 16.5, -1, float("nan")):
        with pytest.raises(ServiceValidationError, match="takes values from 6 A to 16 A"):
            await limit(hass, amps, **duration)
    assert claimed(loaded) == before == {"owner": 12}
    assert not posts(emulator)
    assert (await reload(hass, loaded)).claims.keys() == {Source.OWNER}
    # The mode had wiped the limit, and does not take it: it is back with the mode that does.
    emulator.turn_mode(NORMAL)
    await later(minutes=11)
    await loaded.runtime_data.coordinator.async_refresh()
    await later(seconds=1)
    assert emulator.override_a == 12


async def test_a_limit_that_is_not_taken_back(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What a charger refuses is tried again seldom, and logged once; it is taken when the charger takes it."""
    await limit(hass, 10)
    await limit(hass, 8, minutes=10)
    emulator.loadbl = 2
    await loaded.runtime_data.coordinator.async_refresh()
    await later(minutes=11)
    assert caplog.text.count("cannot be commanded: refused_is_node") == 1
    for _ in range(10):
        await later(seconds=6)
    assert caplog.text.count("cannot be commanded") == 1
    assert loaded.runtime_data.control.problem == "refused_is_node"
    emulator.loadbl = 0
    await later(minutes=6)
    await loaded.runtime_data.coordinator.async_refresh()
    await later(seconds=1)
    assert emulator.override_a == 10
    assert loaded.runtime_data.control.problem is None


async def test_a_charger_that_shows_no_limits_any_more(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later, poll: Poll
) -> None:
    """Nothing is raised by what is not known any more; it is when that is known again."""
    await limit(hass, 8, minutes=10)
    emulator.lost_keys = {"current_max"}
    await poll()
    await later(minutes=11)
    assert emulator.override_a == 8
    with pytest.raises(ServiceValidationError, match="limits"):
        await limit(hass, 10)
    with pytest.raises(ChargerRefusedError, match="limits_unknown"):
        await OwnerControls(loaded.runtime_data.control).async_clear_all_limits()
    assert claimed(loaded) == {}
    emulator.lost_keys = set()
    await poll()
    await later(minutes=6)
    assert emulator.override_a == 16


async def test_a_fuse_does_not_give_up_on_a_charger_that_shows_no_limits(
    hass: HomeAssistant, control: ChargerController, emulator: SmartEvseEmulator, later: Later, poll: Poll
) -> None:
    """What it does not take while its limits are not known is sent again."""
    emulator.lost_keys = {"current_max"}
    await poll()
    await group(hass, control, 7)
    assert control.problem == "refused_limits_unknown"
    emulator.lost_keys = set()
    await poll()
    await later(seconds=20)
    assert emulator.override_a == 7


async def test_a_clock_that_is_set_back(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later
) -> None:
    """What wakes up too early goes to sleep again."""
    await limit(hass, 8, minutes=10)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=11))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert emulator.override_a == 8
    await later(minutes=11)
    assert emulator.override_a == 16


async def test_one_that_it_had_already(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later
) -> None:
    """Nothing is sent twice; and a hand at the charger counts all the same."""
    await limit(hass, 8)
    await limit(hass, 8, hours=1)
    emulator.calls.clear()
    await act(hass, "clear_current_limit")
    assert not posts(emulator)
    await limit(hass, 8, hours=1)
    emulator.override_a = 13
    await loaded.runtime_data.coordinator.async_refresh()
    await later(hours=2)
    assert emulator.override_a == 13


async def test_a_charger_without_a_switch(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A limit for a time needs none."""
    capability = SmartEvse.capability
    monkeypatch.setattr(
        SmartEvse, "capability", lambda self, kind: None if kind is ChargingSwitch else capability(self, kind)
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await limit(hass, 8, minutes=10)
    await later(minutes=11)
    assert emulator.override_a == 16


# A group


async def test_a_group_keeps_to_it(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    poll: Poll,
    control: ChargerController,
) -> None:
    """The smaller of both wins; within a group the limit for good comes back after the one for a time as well."""
    await group(hass, control, 10)
    await poll()
    emulator.calls.clear()
    await limit(hass, 12)
    assert own_a(control) == 12
    # The fuse allows less: there is nothing to send.
    assert not posts(emulator)
    await limit(hass, 8, hours=1)
    assert (own_a(control), emulator.override_a) == (8, 8)
    await limit(hass, 0, hours=1)
    assert (own_a(control), emulator.mode_id) == (0, PAUSE)
    again = await reload(hass, loaded)
    assert (own_a(again), emulator.mode_id) == (0, PAUSE)
    await later(minutes=61)
    assert (own_a(again), emulator.override_a, emulator.mode_id) == (12, 10, NORMAL)
    await act(hass, "clear_current_limit")
    assert (own_a(again), emulator.override_a) == (16, 10)


@pytest.mark.parametrize("before", [None, 13.0])
async def test_a_group_goes(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    control: ChargerController,
    before: float | None,
) -> None:
    """A limit that still holds goes to the charger; afterwards what it had before the group."""
    if before:
        await limit(hass, before)
    await group(hass, control, 9)
    await limit(hass, 8, hours=1)
    await group(hass, control, 6)
    assert emulator.override_a == 6
    await group(hass, control, None)
    assert emulator.override_a == 8
    await later(minutes=61)
    assert emulator.override_a == (before or 16)


async def test_a_group_takes_over(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    control: ChargerController,
) -> None:
    """A limit for a time is the group's to keep from then on, and the charger's again when the group has gone."""
    await limit(hass, 13)
    await limit(hass, 9, hours=1)
    await group(hass, control, 6)
    assert own_a(control) == 9
    # What the group sends is no foreign change.
    await loaded.runtime_data.coordinator.async_refresh()
    assert claimed(loaded) == {"owner": 13, "timed": 9, "group": 6}
    await group(hass, control, None)
    assert emulator.override_a == 9
    await later(minutes=61)
    assert emulator.override_a == 13


async def test_a_group_leaves_a_charger_that_shows_nothing(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    control: ChargerController,
) -> None:
    """What is not known raises nothing."""
    await group(hass, control, 7)
    await limit(hass, 8, hours=1)
    emulator.lost_keys = {"current_max"}
    await loaded.runtime_data.coordinator.async_refresh()
    await group(hass, control, None)
    await later(minutes=61)
    assert emulator.override_a == 7


# An energy meter of its own


async def test_what_its_own_meter_allows_is_not_foreign(hass: HomeAssistant, later: Later) -> None:
    """A Lektrico shows what its energy meter leaves; that is neither a hand on its limit, nor what was before."""
    async with LektricoEmulator("1p7k", "2.0") as box:
        box.limit(10)
        data = {"vendor": "lektrico", "host": box.host, "port": box.port, "serial": "500006"}
        entry = MockConfigEntry(domain=DOMAIN, title="Lektrico", unique_id="lektrico_500006", data=data)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        target = {"entity_id": "sensor.lektrico_status"}
        call = {"current": 9, "duration": {"minutes": 10}}
        await hass.services.async_call(DOMAIN, "set_current_limit", target | call, blocking=True)
        for allowed in (7, 16):
            box.limit(allowed)
            await entry.runtime_data.coordinator.async_refresh()
            await hass.async_block_till_done(wait_background_tasks=True)
        assert claimed(entry) == {"timed": 9}
        await later(minutes=11)
        assert box.dynamic_current == 16


# A schedule


async def _schedule(hass: HomeAssistant, **window: Any) -> None:
    await act(hass, "set_schedule", windows=[{"start": "13:00", "end": "14:00", **window}], outside="allowed")


async def test_a_window_begins_meanwhile(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days
) -> None:
    """The smallest of all holds: before, within and after the window; when its time is over, the limit for good."""
    emulator.plug_in()
    await limit(hass, 15)
    await _schedule(hass, current=10)
    await limit(hass, 7, hours=6)
    await days.until("2026-11-20T12:59:00")
    assert emulator.override_a == 7
    await days.until("2026-11-20T13:00:01")
    assert emulator.override_a == 7
    await days.until("2026-11-20T14:00:01")
    assert emulator.override_a == 7
    await days.until("2026-11-20T18:30:00")
    assert emulator.override_a == 15


async def test_a_limit_within_a_window(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days
) -> None:
    """Afterwards the window's current holds, and after the window the earlier one."""
    emulator.plug_in()
    await _schedule(hass, current=10)
    await days.until("2026-11-20T13:00:01")
    await limit(hass, 7, minutes=10)
    assert emulator.override_a == 7
    await days.until("2026-11-20T13:11:00")
    assert emulator.override_a == 10
    await days.until("2026-11-20T14:00:01")
    assert emulator.override_a == 16


async def test_a_window_that_pauses(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days
) -> None:
    """A limit that ends while the schedule pauses resumes nothing, and is back when the schedule allows it."""
    emulator.plug_in()
    await limit(hass, 15)
    await _schedule(hass, current=0)
    await limit(hass, 0, minutes=70)
    await days.until("2026-11-20T13:00:01")
    assert emulator.mode_id == PAUSE
    await days.until("2026-11-20T13:15:00")
    assert emulator.mode_id == PAUSE
    await days.until("2026-11-20T14:00:01")
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 15)


# Storage


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        ({"max_current_a": "much"}, {"timed": 0}),
        ({"until": 7}, {}),
        ({"until": "soon"}, {}),
        ({"reason": "because"}, {}),
    ],
)
async def test_a_stored_limit_that_makes_no_sense(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_storage: dict[str, Any],
    later: Later,
    odd: dict[str, Any],
    kept: dict[str, float],
) -> None:
    """A current that cannot be read counts as 0 until its time is over; a claim that cannot be read is dropped."""
    await limit(hass, 8, hours=1)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    claims = hass_storage[f"{DOMAIN}.control.{loaded.entry_id}"]["data"]["claims"]
    claims["timed"] |= odd
    assert await hass.config_entries.async_setup(loaded.entry_id)
    assert claimed(loaded) == kept
    await later(hours=2)
    assert claimed(loaded) == {}


@pytest.mark.parametrize("data", [[], "text", {"other": 1}])
async def test_a_store_that_makes_no_sense(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    data: Any,
) -> None:
    """It is dropped with one warning, and nothing fails."""
    await limit(hass, 8, hours=1)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    hass_storage[f"{DOMAIN}.control.{loaded.entry_id}"]["data"] = data
    assert await hass.config_entries.async_setup(loaded.entry_id)
    assert claimed(loaded) == {}
    # An object with none of the parts of a record is an empty one.
    assert caplog.text.count("a stored value cannot be read") == (0 if isinstance(data, dict) else 1)


async def test_a_charger_that_is_removed_is_forgotten(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    """Nothing is left of it."""
    await limit(hass, 8, hours=1)
    assert f"{DOMAIN}.control.{loaded.entry_id}" in hass_storage
    await hass.config_entries.async_remove(loaded.entry_id)
    assert not [key for key in hass_storage if loaded.entry_id in key]
