"""A schedule that follows an entity of another integration."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component
from tests.emulators.smartevse import NORMAL, PAUSE, SmartEvseEmulator

from .clock import Days
from .conftest import Poll, Read
from .test_schedule import act, loaded, settle

__all__ = ["loaded"]

type Helper = Callable[[object], Awaitable[str]]

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def issues(hass: HomeAssistant) -> dict[str, dict[str, str] | None]:
    """Return the repair issues of the integration with what they bring along."""
    return {
        issue.translation_key or "": issue.translation_placeholders
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


@pytest.fixture
async def helper(hass: HomeAssistant) -> AsyncGenerator[Helper]:
    """Return a function that makes a real schedule helper, on all week with this current, and returns its entity id."""

    async def helper(current: object) -> str:
        block = [{"from": "00:00:00", "to": "24:00:00", "data": {"current": current}}]
        config = {"schedule": {"car": {"name": "car"} | dict.fromkeys(WEEK, block)}}
        assert await async_setup_component(hass, "schedule", config)
        await settle(hass)
        return "schedule.car"

    yield helper
    await hass.data[DATA_INSTANCES]["schedule"].async_remove_entity("schedule.car")


@pytest.mark.parametrize(("current", "limit_a"), [(8, 8), ("8", 8), (8.5, 8.5), (40, 16)])
async def test_b1_current_of_a_block(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    helper: Helper,
    current: object,
    limit_a: float,
) -> None:
    """A block's current is a ceiling: also as a text, and the charger's maximum where it is above it."""
    emulator.plug_in()
    await act(hass, "set_schedule", follow=await helper(current))
    await settle(hass)
    assert (emulator.mode_id, emulator.override_a or emulator.current_max) == (NORMAL, limit_a)
    assert issues(hass) == {}


@pytest.mark.parametrize("current", [4, "4", -8, "much", True])
async def test_b1_current_that_cannot_be_used(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    helper: Helper,
    current: object,
) -> None:
    """Below the minimum, or no number: no charging and a repair, until it is corrected."""
    emulator.plug_in()
    entity_id = await helper(current)
    await act(hass, "set_schedule", follow=entity_id)
    await settle(hass)
    assert emulator.mode_id == PAUSE
    assert issues(hass) == {
        "followed_current": {
            "name": "SmartEVSE",
            "entity": entity_id,
            "value": str(current),
            "minimum": "6",
        }
    }
    state = hass.states.get(entity_id)
    assert state
    hass.states.async_set(entity_id, "on", {**state.attributes, "current": 10})
    await settle(hass)
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 10)
    assert issues(hass) == {}


async def test_b1_issue_goes_with_the_schedule(
    hass: HomeAssistant, loaded: MockConfigEntry, days: Days, helper: Helper
) -> None:
    """A schedule that follows nothing any more has no such issue, and neither has a charger that is removed."""
    entity_id = await helper(4)
    await act(hass, "set_schedule", follow=entity_id)
    await settle(hass)
    assert "followed_current" in issues(hass)
    await act(hass, "clear_schedule")
    await settle(hass)
    assert issues(hass) == {}
    await act(hass, "set_schedule", follow=entity_id)
    await settle(hass)
    await hass.config_entries.async_remove(loaded.entry_id)
    assert issues(hass) == {}


async def test_b3_entity_that_does_not_exist(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days
) -> None:
    """An entity that exists in no state and no registry is refused, and nothing changes."""
    emulator.calls.clear()
    before = await act(hass, "get_schedule")
    with pytest.raises(ServiceValidationError, match="schedule.never_was, which the schedule of SmartEVSE"):
        await act(hass, "set_schedule", follow="schedule.never_was")
    assert await act(hass, "get_schedule") == before
    assert [request for request in emulator.calls if request.method == "POST"] == []


async def test_b3_entity_whose_integration_has_not_started(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, loaded: MockConfigEntry, days: Days
) -> None:
    """An entity that is registered is accepted before it has a state."""
    entry = entity_registry.async_get_or_create("schedule", "schedule", "x", suggested_object_id="later")
    await act(hass, "set_schedule", follow=entry.entity_id)
    response = await act(hass, "get_schedule")
    assert response["chargers"]["SmartEVSE"]["follow"] == "schedule.later"


@pytest.mark.parametrize("while_unloaded", [False, True])
async def test_b3_renamed(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    while_unloaded: bool,
) -> None:
    """A followed entity that is given another name is followed under that, also after a restart."""
    entry = entity_registry.async_get_or_create(
        "input_boolean", "input_boolean", "x", suggested_object_id="night"
    )
    hass.states.async_set(entry.entity_id, "off")
    emulator.plug_in()
    await act(hass, "set_schedule", follow="input_boolean.night")
    await settle(hass)
    assert emulator.mode_id == PAUSE
    if while_unloaded:
        assert await hass.config_entries.async_unload(loaded.entry_id)
    hass.states.async_remove("input_boolean.night")
    entity_registry.async_update_entity("input_boolean.night", new_entity_id="input_boolean.off_peak")
    hass.states.async_set("input_boolean.off_peak", "off")
    await settle(hass)
    if while_unloaded:
        assert await hass.config_entries.async_setup(loaded.entry_id)
        await settle(hass)
    assert emulator.mode_id == PAUSE
    response = await act(hass, "get_schedule")
    assert response["chargers"]["SmartEVSE"]["follow"] == "input_boolean.off_peak"
    hass.states.async_set("input_boolean.off_peak", "on")
    await settle(hass)
    assert emulator.mode_id == NORMAL
    assert await hass.config_entries.async_reload(loaded.entry_id)
    hass.states.async_set("input_boolean.off_peak", "off")
    await settle(hass)
    assert emulator.mode_id == PAUSE
    assert issues(hass) == {}


async def test_b3_gone(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A followed entity that is gone for ten minutes raises a repair, which is withdrawn when it is back."""
    hass.states.async_set("schedule.night", "off")
    emulator.plug_in()
    await act(hass, "set_schedule", follow="schedule.night")
    await settle(hass)
    hass.states.async_remove("schedule.night")

    async def wait(minutes: float) -> None:
        freezer.tick(timedelta(minutes=minutes))
        async_fire_time_changed(hass)
        await settle(hass)

    await wait(9)
    assert issues(hass) == {}
    await wait(2)
    assert issues(hass) == {"followed_missing": {"name": "SmartEVSE", "entity": "schedule.night"}}
    # What it allowed last stands.
    assert emulator.mode_id == PAUSE
    hass.states.async_set("schedule.night", "on")
    await settle(hass)
    assert issues(hass) == {}
    assert emulator.mode_id == NORMAL


@pytest.mark.parametrize("at_start", [STATE_UNAVAILABLE, STATE_UNKNOWN, None])
@pytest.mark.parametrize("before", ["off", "on"])
async def test_b2_source_that_starts_later(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    poll: Poll,
    read: Read,
    at_start: str | None,
    before: str,
) -> None:
    """What held before a restart stands until the followed calendar has a state, whatever that is then."""
    hass.states.async_set("calendar.octopus", before)
    emulator.plug_in()
    await act(hass, "set_schedule", follow="calendar.octopus")
    await settle(hass)
    held = PAUSE if before == "off" else NORMAL
    assert emulator.mode_id == held
    assert await hass.config_entries.async_unload(loaded.entry_id)
    if at_start is None:
        hass.states.async_remove("calendar.octopus")
    else:
        hass.states.async_set("calendar.octopus", at_start)
    emulator.calls.clear()
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    await days.until("2026-11-20T12:01:00")
    await poll()
    assert emulator.mode_id == held
    # Not even for a moment.
    assert [request for request in emulator.calls if request.method == "POST"] == []
    other = "on" if before == "off" else "off"
    hass.states.async_set("calendar.octopus", other)
    await settle(hass)
    assert emulator.mode_id == (PAUSE if other == "off" else NORMAL)


async def test_b2_current_that_held_before(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, days: Days, poll: Poll
) -> None:
    """The current of a block stands, too, while the helper has no state."""
    hass.states.async_set("schedule.night", "on", {"current": 8})
    emulator.plug_in()
    await act(hass, "set_schedule", follow="schedule.night")
    await settle(hass)
    assert emulator.override_a == 8
    assert await hass.config_entries.async_unload(loaded.entry_id)
    hass.states.async_remove("schedule.night")
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    await poll()
    assert (emulator.mode_id, emulator.override_a) == (NORMAL, 8)


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("followed", "attributes"),
    [
        ("calendar.octopus", {"start_time": "2026-11-20 23:30:00", "end_time": "2026-11-21 05:30:00"}),
        ("schedule.night", {"next_event": "2026-11-20T23:30:00+01:00"}),
    ],
)
async def test_n10_next_start_of_what_is_followed(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    days: Days,
    read: Read,
    followed: str,
    attributes: dict[str, Any],
) -> None:
    """Where the followed entity shows when it is on next, so does the charger."""
    emulator.plug_in()
    hass.states.async_set(followed, "off", attributes)
    await act(hass, "set_schedule", follow=followed)
    await settle(hass)
    assert read("sensor.next_charging_start") == "2026-11-20T22:30:00+00:00"
    assert read("sensor.next_charging_end") == "unknown"
