"""Actions for charging schedules: calls that are refused."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.emulators.smartevse import SmartEvseEmulator

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


async def test_n20_what_is_shown_is_what_is_taken(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """A mode, a day and a word are taken as the user interface shows them, however the letters are written."""
    words = {"outside": "Paused", "executed_by": "Home Assistant"}
    answer = await act(
        hass, "set_schedule", windows=[NIGHT | {"mode": " Solar ", "days": ["Monday", "TUE"]}], **words
    )
    window = answer["windows"][0]
    assert (window["mode"], window["days"]) == ("solar", ["mon", "tue"])
    assert (answer["outside"], answer["executed_by"]) == ("paused", "home_assistant")
    emulator.plug_in()
    await act(hass, "set_delayed_start", start="2030-12-24 02:00:00", mode="SMART")
    assert emulator.last_query("/settings")["mode"] == "3"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"windows": [NIGHT], "follow": "switch.night_tariff"}, "Set either windows or follow, not both"),
        ({"windows": [NIGHT], "outside": "never"}, "outside does not take never. It takes: paused, allowed"),
        ({"windows": [NIGHT, {"start": "23:00"}]}, "The field windows 2 end is missing"),
        (
            {"windows": NIGHT | {"current": "x" * 99}},
            r"windows 1 current has to be a number, in A, and is x{60}…",
        ),
        ({"windows": [NIGHT | {"power": 1}]}, "There is no field windows 1 power"),
    ],
)
async def test_n20_a_call_that_is_wrong_is_refused_in_a_sentence(
    hass: HomeAssistant, loaded: MockConfigEntry, data: dict[str, Any], words: str
) -> None:
    """A sentence names the field, with what it takes, and nothing is changed."""
    before = await act(hass, "get_schedule")
    with pytest.raises(ServiceValidationError, match=words):
        await act(hass, "set_schedule", **data)
    assert await act(hass, "get_schedule") == before


async def test_n20_a_call_without_a_target(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """A call for nothing asks for a target."""
    with pytest.raises(ServiceValidationError, match="Choose a charger or a group"):
        await hass.services.async_call(DOMAIN, "clear_schedule", {}, blocking=True)
