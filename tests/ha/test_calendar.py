"""Charging windows on Home Assistant's calendar page."""

from collections.abc import Awaitable, Callable
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

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
    reply = await page("create", event=EVENING | {"summary": "Nicht laden"})
    assert not reply["success"]
    for title in ("Charging", "Charging at 10 A", "No charging", "Off", "Stop", "Pause"):
        assert title in reply["error"]["message"]
    assert await windows(hass) == [window]
