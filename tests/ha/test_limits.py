"""A limit for a time: what comes back afterwards, and who else has a say."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.chargers.capabilities import ChargingSwitch
from custom_components.evse_pilot.chargers.smartevse.charger import SmartEvse
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.steering import Steering
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.smartevse import NORMAL, OFF, PAUSE, SOLAR, SmartEvseEmulator

from .clock import Days
from .conftest import Poll

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
def steering(loaded: MockConfigEntry) -> Steering:
    """Return who has a say in its current."""
    steering = loaded.runtime_data.steering
    assert isinstance(steering, Steering)
    return steering


async def limit(hass: HomeAssistant, amps: float, **duration: float) -> None:
    """Limit the charger, for a time if there is one."""
    data: dict[str, Any] = {"current": amps} | ({"duration": duration} if duration else {})
    await act(hass, "set_current_limit", **data)


async def act(hass: HomeAssistant, action: str, **data: Any) -> None:
    """Carry out an action on the charger."""
    target = {"entity_id": "sensor.smartevse_status"}
    await hass.services.async_call(DOMAIN, action, target | data, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> Steering:
    """Let Home Assistant start again, as far as the charger is concerned."""
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    steering = entry.runtime_data.steering
    assert isinstance(steering, Steering)
    return steering


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


async def test_charging_for_a_time_in_a_pause(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later
) -> None:
    """What was paused by a limit for good is paused again afterwards."""
    emulator.plug_in()
    await limit(hass, 0)
    await limit(hass, 8, minutes=10)
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 8)
    await later(minutes=11)
    assert emulator.mode_id == PAUSE


async def test_a_limit_while_a_person_has_switched_it_off(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later, poll: Poll
) -> None:
    """It stays off, and what it had before it was switched off comes back all the same."""
    await limit(hass, 11)
    emulator.turn_mode(OFF)
    await poll()
    await limit(hass, 8, minutes=10)
    assert (emulator.mode_id, emulator.override_a) == (OFF, 8)
    await later(minutes=11)
    assert (emulator.mode_id, emulator.override_a) == (OFF, 11)


@pytest.mark.parametrize(("amps", "found"), [(8, 10.0), (0, 0)])
async def test_what_somebody_else_changed_is_left_alone(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    poll: Poll,
    amps: float,
    found: float,
) -> None:
    """Whoever touched the charger last is right."""
    await limit(hass, amps, hours=1)
    if amps:
        emulator.override_a = 10
    else:
        emulator.turn_mode(NORMAL)
    await poll()
    await poll()
    await later(hours=2)
    assert (emulator.override_a, emulator.mode_id) == (found, NORMAL)


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
    """What was before comes back at once, and once only; without a limit there is nothing to clear."""
    await act(hass, "clear_current_limit")
    assert not [call for call in emulator.calls if call.method == "POST"]
    await limit(hass, 8, hours=1)
    await act(hass, "clear_current_limit")
    assert emulator.override_a == 16
    emulator.override_a = 9
    await later(hours=2)
    assert emulator.override_a == 9


async def test_a_charger_that_forgot_is_told_again(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later, poll: Poll
) -> None:
    """An override is gone after a restart of the box; the limit's time is not."""
    await limit(hass, 8, hours=1)
    emulator.line = Line.REFUSED
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
    """It is told when it is back, or when it hears again; that it does not hear is said once."""
    await limit(hass, 8, minutes=10)
    emulator.line, emulator.line_for = Line.REFUSED, lambda request: request.method == "POST"
    await later(minutes=11)
    # What it says else is a reason to try again at once.
    emulator.plug_in()
    await loaded.runtime_data.coordinator.async_refresh()
    await later(seconds=61)
    await later(seconds=61)
    assert emulator.override_a == 8
    assert caplog.text.count("cannot be told its limit: unreachable") == 1
    emulator.line_for = lambda _: True
    await later(seconds=61)
    emulator.line = Line.OK
    await later(seconds=61)
    await later(seconds=61)
    assert emulator.override_a == 16


async def test_a_limit_that_did_not_arrive(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later
) -> None:
    """It may have arrived all the same, so its end is kept; one that was refused has never been."""
    emulator.line, emulator.line_for = Line.CUT, lambda request: request.method == "POST"
    with pytest.raises(HomeAssistantError, match="does not answer"):
        await limit(hass, 8, minutes=10)
    assert emulator.override_a == 8
    emulator.line = Line.OK
    await later(minutes=11)
    assert emulator.override_a == 16
    emulator.turn_mode(SOLAR)
    await loaded.runtime_data.coordinator.async_refresh()
    with pytest.raises(ServiceValidationError, match="solar"):
        await limit(hass, 8, minutes=10)
    assert loaded.runtime_data.steering.owners_limit_a is None


async def test_a_limit_that_is_not_taken_back(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What a charger refuses is not tried for ever."""
    await limit(hass, 10)
    await limit(hass, 8, minutes=10)
    emulator.loadbl = 2
    await loaded.runtime_data.coordinator.async_refresh()
    await later(minutes=11)
    assert "does not take its limit back: is_node" in caplog.text
    emulator.loadbl = 0
    await later(minutes=11)
    assert emulator.override_a == 8


async def test_a_charger_that_tells_no_limits_any_more(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, later: Later, poll: Poll
) -> None:
    """Nothing is made of what is not known."""
    await limit(hass, 8, minutes=10)
    emulator.lost_keys = {"current_max"}
    await poll()
    await later(minutes=11)
    assert emulator.override_a == 8


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
    """Nothing is told twice; and what somebody else makes of it is left alone."""
    await limit(hass, 8)
    await limit(hass, 8, hours=1)
    emulator.calls.clear()
    await act(hass, "clear_current_limit")
    assert not [call for call in emulator.calls if call.method == "POST"]
    await limit(hass, 8, hours=1)
    emulator.override_a = 13
    await loaded.runtime_data.coordinator.async_refresh()
    await later(hours=2)
    assert emulator.override_a == 13


async def test_a_charger_without_a_schedule(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A limit for a time needs none."""
    monkeypatch.setattr(SmartEvse, "has", lambda _, kind: kind is not ChargingSwitch)
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
    steering: Steering,
) -> None:
    """While a group steers the charger is not told; the limit for good comes back after the one for a time."""
    steering.set_steered(True)
    emulator.calls.clear()
    await limit(hass, 12)
    assert (steering.owners_limit_a, steering.ceiling_a) == (12, 12)
    await limit(hass, 8, hours=1)
    await limit(hass, 0, hours=1)
    assert (steering.owners_limit_a, steering.allowed) == (0, False)
    again = await reload(hass, loaded)
    assert again.owners_limit_a == 0
    again.set_steered(True)
    await later(minutes=61)
    assert again.owners_limit_a == 12
    await act(hass, "clear_current_limit")
    assert again.ceiling_a is None
    assert not [call for call in emulator.calls if call.method == "POST"]


@pytest.mark.parametrize("before", [None, 13.0])
async def test_a_group_lets_go(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    steering: Steering,
    before: float | None,
) -> None:
    """A limit that still holds goes to the charger; afterwards what it had before the group."""
    if before:
        await limit(hass, before)
    steering.set_steered(True)
    await limit(hass, 8, hours=1)
    emulator.override_a = 8
    await loaded.runtime_data.coordinator.async_refresh()
    emulator.override_a = 6
    await loaded.runtime_data.coordinator.async_refresh()
    steering.set_steered(False)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert emulator.override_a == 8
    await later(minutes=61)
    assert emulator.override_a == 6


async def test_a_group_takes_over(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    steering: Steering,
) -> None:
    """A limit for a time is the group's to keep from then on, and the charger's again when the group lets go."""
    await limit(hass, 13)
    await limit(hass, 9, hours=1)
    steering.set_steered(True)
    assert steering.ceiling_a == 9
    # What the group tells is not somebody else's change.
    emulator.override_a = 6
    await loaded.runtime_data.coordinator.async_refresh()
    assert steering.ceiling_a == 9
    steering.set_steered(False)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert emulator.override_a == 9
    await later(minutes=61)
    assert emulator.override_a == 13


async def test_a_group_lets_go_of_a_charger_that_tells_nothing(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    steering: Steering,
) -> None:
    """What cannot be told waits."""
    steering.set_steered(True)
    await limit(hass, 8, hours=1)
    emulator.lost_keys = {"current_max"}
    await loaded.runtime_data.coordinator.async_refresh()
    steering.set_steered(False)
    await later(minutes=61)
    assert emulator.override_a == 0


# An energy meter of its own


async def test_what_its_own_meter_allows_is_nobodys_change(hass: HomeAssistant, later: Later) -> None:
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
        assert entry.runtime_data.steering.owners_limit_a == 9
        await later(minutes=11)
        assert box.dynamic_current == 16


# A schedule


async def _schedule(hass: HomeAssistant, **window: Any) -> None:
    await act(hass, "set_schedule", windows=[{"start": "13:00", "end": "14:00", **window}], outside="allowed")


async def test_a_window_begins_meanwhile(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days
) -> None:
    """A person's limit stands until the next edge; after the window the limit for good holds, not the one for a time."""
    emulator.plug_in()
    await limit(hass, 15)
    await _schedule(hass, current=10)
    await limit(hass, 7, hours=6)
    await days.until("2026-11-20T12:59:00")
    assert emulator.override_a == 7
    await days.until("2026-11-20T13:00:01")
    assert emulator.override_a == 10
    await days.until("2026-11-20T14:00:01")
    assert emulator.override_a == 15
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


@pytest.mark.parametrize("odd", [{}, {"limit_a": "much"}, {"until": 7}, {"until": "soon"}])
async def test_a_stored_limit_that_makes_no_sense(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    odd: dict[str, Any],
) -> None:
    """It is dropped, with a line in the log."""
    await limit(hass, 8, hours=1)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    key = f"{DOMAIN}.limit.{loaded.entry_id}"
    hass_storage[key]["data"] = hass_storage[key]["data"] | odd if odd else {"other": 1}
    assert await hass.config_entries.async_setup(loaded.entry_id)
    assert loaded.runtime_data.steering.owners_limit_a is None
    assert "A stored limit cannot be read" in caplog.text


async def test_a_charger_that_is_removed_is_forgotten(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    """Nothing is left of it."""
    await limit(hass, 8, hours=1)
    assert f"{DOMAIN}.limit.{loaded.entry_id}" in hass_storage
    await hass.config_entries.async_remove(loaded.entry_id)
    assert f"{DOMAIN}.limit.{loaded.entry_id}" not in hass_storage
