"""Actions for charging schedules: calls that are refused."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from .conftest import Read

NIGHT = {"start": "23:00", "end": "06:30"}


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Carry out an action on the charger, and return the charger's part of the response."""
    response: Any = await hass.services.async_call(
        DOMAIN,
        action,
        {"entity_id": "sensor.smartevse_status", **data},
        blocking=True,
        return_response=action in ("get_schedule", "set_schedule"),
    )
    return response and response["chargers"]["SmartEVSE"]


@pytest.mark.parametrize("data", [{}, {"windows": []}, {"outside": "allowed"}, {"enabled": False}])
async def test_n8_a_schedule_without_windows_is_refused(
    hass: HomeAssistant, loaded: MockConfigEntry, data: dict[str, Any]
) -> None:
    """Without windows and without an entity to follow, set_schedule removes nothing; clear_schedule does."""
    before = (await act(hass, "set_schedule", windows=[NIGHT]))["windows"]
    with pytest.raises(ServiceValidationError, match="use the action Clear charging schedule") as refusal:
        await act(hass, "set_schedule", **data)
    assert refusal.value.translation_key == "schedule_missing"
    assert (await act(hass, "get_schedule"))["windows"] == before
    await act(hass, "clear_schedule")
    assert (await act(hass, "get_schedule"))["windows"] == []


async def test_b7_a_switch_can_be_followed(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """A switch allows charging while it is on."""
    hass.states.async_set("switch.night_tariff", "on")
    assert (await act(hass, "set_schedule", follow="switch.night_tariff"))["follow"] == "switch.night_tariff"


@pytest.mark.parametrize("key", ["switch.allow_charging", "calendar.schedule"])
async def test_b7_a_charger_does_not_follow_itself(
    hass: HomeAssistant, loaded: MockConfigEntry, entity_id: Read, key: str
) -> None:
    """An entity of the charger changes with what its schedule does, so the charger cannot follow it."""
    with pytest.raises(ServiceValidationError, match="^SmartEVSE cannot follow an entity of its own"):
        await act(hass, "set_schedule", follow=entity_id(key))
    assert (await act(hass, "get_schedule"))["follow"] is None
