"""Charging windows on Home Assistant's calendar page."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.components.calendar import CalendarEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

type Command = Callable[..., Awaitable[dict[str, Any]]]

CALENDAR = "calendar.smartevse_charging_schedule"
EVENING = {
    "summary": "Charging at 8 A",
    "dtstart": "2026-11-20T20:00:00",
    "dtend": "2026-11-20T22:00:00",
    "rrule": "FREQ=WEEKLY;BYDAY=FR",
}


@pytest.fixture
async def page(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> Command:
    """Return a function that sends a command as the calendar page does, and returns the reply; it is a Friday noon."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await hass.async_block_till_done()
    assert await async_setup_component(hass, "calendar", {})
    client = await hass_ws_client(hass)
    freezer.move_to("2026-11-20T11:00:00Z")

    async def send(command: str, **data: Any) -> dict[str, Any]:
        await client.send_json_auto_id({"type": f"calendar/event/{command}", "entity_id": CALENDAR, **data})
        reply: dict[str, Any] = await client.receive_json()
        await hass.async_block_till_done()
        return reply

    return send


async def windows(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return the windows of the charger's schedule."""
    response: Any = await hass.services.async_call(
        DOMAIN,
        "get_schedule",
        {"entity_id": "sensor.smartevse_status"},
        blocking=True,
        return_response=True,
    )
    found: list[dict[str, Any]] = response["chargers"]["SmartEVSE"]["windows"]
    return found


async def test_b4_titles_on_the_calendar_page(hass: HomeAssistant, page: Command) -> None:
    """An off-peak window allows charging; a title that is not understood is refused with those that are."""
    reply = await page("create", event=EVENING | {"summary": "Off-peak charging"})
    assert reply["success"]
    [window] = await windows(hass)
    assert "current" not in window
    reply = await page("create", event=EVENING | {"summary": "Nicht laden vor 22 Uhr"})
    assert not reply["success"]
    for title in ("Charging", "Charging at 10 A", "No charging", "Off", "Stop", "Pause"):
        assert title in reply["error"]["message"]
    assert await windows(hass) == [window]


async def test_b5_a_moved_window_keeps_its_mode_and_energy(hass: HomeAssistant, page: Command) -> None:
    """A window that is moved, and given another current, still ends after its energy and charges in its mode."""
    week = [
        {"days": ["mon"], "start": "01:00", "end": "05:00", "current": 10, "mode": "smart", "energy": 20},
        {"days": ["tue"], "start": "01:00", "end": "05:00"},
    ]
    await hass.services.async_call(
        DOMAIN, "set_schedule", {"entity_id": "sensor.smartevse_status", "windows": week}, blocking=True
    )
    before = await windows(hass)
    response: Any = await hass.services.async_call(
        "calendar",
        "get_events",
        {
            "entity_id": CALENDAR,
            "start_date_time": "2026-11-20 00:00:00",
            "end_date_time": "2026-11-27 00:00:00",
        },
        blocking=True,
        return_response=True,
    )
    events = response[CALENDAR]["events"]
    assert [event.get("description") for event in events] == [
        "Charges in smart mode. Ends after 20 kWh.",
        None,
    ]
    calendar = hass.data[DATA_INSTANCES]["calendar"].get_entity(CALENDAR)
    assert isinstance(calendar, CalendarEntity)
    [shown, _] = await calendar.async_get_events(hass, dt_util.utcnow(), dt_util.utcnow() + timedelta(days=7))
    reply = await page(
        "update",
        uid=shown.uid,
        recurrence_id=shown.recurrence_id,
        recurrence_range="THISANDFUTURE",
        event={
            "summary": "8 A charging",
            "description": shown.description,
            "dtstart": "2026-11-23T02:00:00",
            "dtend": "2026-11-23T06:00:00",
            "rrule": shown.rrule,
        },
    )
    assert reply["success"]
    moved = before[0] | {"start": "02:00", "end": "06:00", "current": 8}
    assert await windows(hass) == [moved, before[1]]


async def test_n19_a_title_is_kept(hass: HomeAssistant, page: Command, loaded: MockConfigEntry) -> None:
    """A title of one's own is shown, stored and returned; a window that is only renamed has its new title at once."""

    async def titles() -> list[str]:
        span = {"start_date_time": "2026-11-20 00:00:00", "end_date_time": "2026-11-27 00:00:00"}
        response: Any = await hass.services.async_call(
            "calendar", "get_events", {"entity_id": CALENDAR, **span}, blocking=True, return_response=True
        )
        return [event["summary"] for event in response[CALENDAR]["events"]]

    assert (await page("create", event=EVENING | {"summary": "Zoe at 8 A"}))["success"]
    assert await titles() == ["Zoe at 8 A"]
    reply = await page(
        "update",
        uid="fri 20:00-22:00 8 Zoe at 8 A",
        recurrence_id="20261120T200000",
        recurrence_range="THISANDFUTURE",
        event=EVENING | {"summary": "Leaf at 8 A"},
    )
    assert reply["success"]
    assert await titles() == ["Leaf at 8 A"]
    await hass.config_entries.async_reload(loaded.entry_id)
    await hass.async_block_till_done()
    assert await titles() == ["Leaf at 8 A"]

    week = await windows(hass)
    assert [window["title"] for window in week] == ["Leaf at 8 A"]
    week = [week[0] | {"current": 6}, {"days": ["sat"], "start": "01:00", "end": "05:00", "current": 10}]
    await hass.services.async_call(
        DOMAIN, "set_schedule", {"entity_id": "sensor.smartevse_status", "windows": week}, blocking=True
    )
    assert await windows(hass) == week
    assert await titles() == ["6 A charging (Leaf at 8 A)", "10 A charging"]
