"""Actions: rights, targets and errors."""

from collections.abc import AsyncGenerator
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr
from tests.emulators.base import Line
from tests.emulators.smartevse import NO_ACCESS, SmartEvseEmulator

from .conftest import Poll, entry_for

CARD = "04A1B2C3D4E5F6"


@pytest.fixture
async def second(hass: HomeAssistant, loaded: MockConfigEntry) -> AsyncGenerator[SmartEvseEmulator]:
    """Return a second box, set up as "Garage"."""
    async with SmartEvseEmulator(serial=54321, rfid_reader="EnableAll") as emulator:
        entry = entry_for(emulator, "Garage")
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        yield emulator
        if entry.state is ConfigEntryState.LOADED:
            assert await hass.config_entries.async_unload(entry.entry_id)


async def act(hass: HomeAssistant, action: str, target: dict[str, Any] | None = None, **data: Any) -> None:
    """Carry out an action on all devices, or on another target."""
    devices = [device.id for device in dr.async_get(hass).devices]
    await hass.services.async_call(
        DOMAIN, action, {**(target or {"device_id": devices}), **data}, blocking=True
    )


async def test_override_and_release_the_control_pilot(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """The duty cycle can be forced, and released."""
    await act(hass, "override_control_pilot", duty_cycle=16)
    assert emulator.override_pwm == 164
    await act(hass, "release_control_pilot")
    assert emulator.override_pwm == -1


@pytest.mark.parametrize("action", ["override_control_pilot", "release_control_pilot"])
async def test_only_an_admin_forces_the_pilot(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    hass_read_only_user: User,
    action: str,
) -> None:
    """Other users are refused, and no entity does it."""
    data = {"duty_cycle": 16} if action == "override_control_pilot" else {}
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            action,
            {"entity_id": "sensor.smartevse_status", **data},
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )
    assert emulator.override_pwm == -1
    assert not [
        state
        for state in hass.states.async_all()
        if "pilot" in state.entity_id and "sensor" not in state.entity_id
    ]


@pytest.mark.parametrize("duty_cycle", [-1, 101, "much", None, float("nan")])
async def test_a_duty_cycle_that_is_none(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, duty_cycle: Any
) -> None:
    """An invalid duty cycle is not sent."""
    with pytest.raises(ServiceValidationError, match="The field duty_cycle has to be"):
        await act(hass, "override_control_pilot", duty_cycle=duty_cycle)
    assert not [request for request in emulator.calls if request.method == "POST"]


async def test_authorize(hass: HomeAssistant, second: SmartEvseEmulator) -> None:
    """A card number starts a session without the card, by entity as well as by device."""
    second.access = NO_ACCESS
    second.plug_in()
    await act(hass, "authorize", {"entity_id": "sensor.garage_status"}, tag="04:a1:b2:c3:d4:e5:f6")
    assert second.last_query("/rfid") == {"rfid": CARD}
    state = hass.states.get("sensor.garage_status")
    assert state
    assert state.state == "charging"


@pytest.mark.parametrize("tag", ["04-A1-B2-C3-D4-E5-F6", "04 a1 b2 c3 d4 e5 f6", CARD, 11223344556677])
async def test_s15_cards_that_are_taken(
    hass: HomeAssistant, second: SmartEvseEmulator, tag: str | int
) -> None:
    """A card number may have dashes, and be a number where no zero is lost by that."""
    second.access = NO_ACCESS
    second.cards.add("11223344556677")
    await act(hass, "authorize", {"entity_id": "sensor.garage_status"}, tag=tag)
    assert second.last_query("/rfid")["rfid"] in (CARD, "11223344556677")


@pytest.mark.parametrize("tag", ["04A1B2C3", "04-A1-B2-C3", 10203040506, 12345678])
async def test_s15_cards_that_are_refused_with_what_is_wanted(
    hass: HomeAssistant, second: SmartEvseEmulator, tag: str | int
) -> None:
    """A card of 8 digits, or a number that has lost its zero, is refused with what is wanted."""
    second.calls.clear()
    with pytest.raises(ServiceValidationError, match="Garage takes a card number of 12 or 14 .* in quotes"):
        await act(hass, "authorize", {"entity_id": "sensor.garage_status"}, tag=tag)
    assert not [request for request in second.calls if request.method == "POST"]


async def test_a_charger_without_the_capability_is_named_before_anything_is_sent(
    hass: HomeAssistant, emulator: SmartEvseEmulator, second: SmartEvseEmulator, poll: Poll
) -> None:
    """All targets are checked first: if one lacks the capability, nothing is sent to any."""
    emulator.lost_keys = {"rfidreader"}
    await poll()
    with pytest.raises(ServiceValidationError, match="^SmartEVSE cannot"):
        await act(hass, "authorize", tag=CARD)
    assert not [request for request in [*emulator.calls, *second.calls] if request.method == "POST"]


async def test_a_charger_that_fails_is_named(
    hass: HomeAssistant, emulator: SmartEvseEmulator, second: SmartEvseEmulator
) -> None:
    """If one command fails, the others are sent all the same, and the error names the charger."""
    second.line = Line.SILENT
    with pytest.raises(HomeAssistantError, match="^Garage does not answer"):
        await act(hass, "override_control_pilot", duty_cycle=10)
    assert emulator.override_pwm == 102


async def test_all_that_fail_are_named(
    hass: HomeAssistant, emulator: SmartEvseEmulator, second: SmartEvseEmulator
) -> None:
    """If several fail, all are named."""
    emulator.line = second.line = Line.ERROR
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "override_control_pilot", duty_cycle=10)
    assert raised.value.translation_key == "several_failed"
    assert "Garage does not answer" in str(raised.value)
    assert "SmartEVSE does not answer" in str(raised.value)


async def test_no_charger_targeted(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """A target without a charger is refused."""
    hass.states.async_set("light.kitchen", "on")
    with pytest.raises(ServiceValidationError, match="no charger"):
        await act(hass, "authorize", {"entity_id": "light.kitchen"}, tag=CARD)


async def test_a_charger_that_is_not_set_up(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """A charger that is not loaded is named."""
    assert await hass.config_entries.async_unload(loaded.entry_id)
    with pytest.raises(ServiceValidationError, match="^SmartEVSE is not set up"):
        await act(hass, "authorize", tag=CARD)


async def test_each_refusal_is_logged_without_its_data(
    hass: HomeAssistant,
    emulator: SmartEvseEmulator,
    second: SmartEvseEmulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A refusal is in the log at DEBUG with the action and the key of the error, for each charger; no card number."""
    caplog.set_level(logging.DEBUG, "custom_components.evse_pilot")
    hass.states.async_set("light.kitchen", "on")
    with pytest.raises(ServiceValidationError):
        await act(hass, "authorize", {"entity_id": "light.kitchen"}, tag=CARD)
    with pytest.raises(HomeAssistantError):
        await act(hass, "authorize", tag="no card")
    emulator.line = second.line = Line.ERROR
    with pytest.raises(HomeAssistantError):
        await act(hass, "override_control_pilot", duty_cycle=10)
    logged = [
        record.getMessage() for record in caplog.records if record.name == "custom_components.evse_pilot"
    ]
    assert sorted(message for message in logged if message.startswith(("Action", "Command"))) == [
        "Action authorize failed: no_charger_targeted",
        "Action authorize failed: several_failed",
        "Action override_control_pilot failed: several_failed",
        "Command to Garage failed: refused_rfid_card_invalid",
        "Command to Garage failed: unreachable",
        "Command to SmartEVSE failed: refused_rfid_card_invalid",
        "Command to SmartEVSE failed: unreachable",
    ]
    assert not [message for message in logged if CARD in message or "no card" in message]


@pytest.mark.parametrize(
    ("action", "data", "field"),
    [
        ("set_goal", {"price_ceiling": 0.2, "prices": 5}, "prices 1"),
        ("set_goal", {"soc": 80, "soc_entity": 5, "battery": 60}, "soc_entity"),
        ("set_goal", {"energy": 5, "ready_by": "-\ud800"}, "ready_by"),
        ("set_schedule", {"follow": 5}, "follow"),
        ("set_schedule", {"windows": [{"start": 5, "end": "06:00"}]}, "windows 1 start"),
        ("set_delayed_start", {"start": "\ud800"}, "start"),
        ("set_delayed_start", {"start": "2026-11-27T01:00:00", "stop": "\ud800\0"}, "stop"),
        ("set_delayed_start", {"start": "9999-12-31T23:59:59-14:00"}, "start"),
        ("set_delayed_start", {"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ("set_goal", {"energy": 5, "ready_by": "9999-12-31T23:59:59-14:00"}, "ready_by"),
        ("set_group_limit", {"current": 10, "until": "9999-12-31T23:59:59-14:00"}, "until"),
        ("set_group_limit", {"current": 10, "duration": {"days": 10**7}}, "duration"),
        ("set_current_limit", {"current": 10, "duration": 1e38}, "duration"),
        ("set_current_limit", {"current": 10, "duration": {"hours": 1e300}}, "duration"),
        ("set_group_limit", {"current": 10, "duration": 10**400}, "duration"),
        ("set_group_limit", {"current": 10, "until": "\ud800"}, "until"),
        ("list_sessions", {"start": "\ud800"}, "start"),
        ("list_sessions", {"entity_id": 5.5}, "entity_id"),
    ],
)
async def test_a_value_that_home_assistant_does_not_expect(
    hass: HomeAssistant, loaded: MockConfigEntry, action: str, data: dict[str, Any], field: str
) -> None:
    """A value on which its own checks fail is refused with a sentence, too."""
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            DOMAIN,
            action,
            {"entity_id": "sensor.smartevse_status", **data},
            blocking=True,
            return_response=action == "list_sessions",
        )
    assert refused.value.translation_key == "field_invalid"
    assert refused.value.translation_placeholders
    assert refused.value.translation_placeholders["field"] == field
