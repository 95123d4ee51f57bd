"""Actions and entities of other integrations that fail, and what is made of it."""

import logging

import pytest
from pytest_homeassistant_custom_component.common import MockEntity
import voluptuous as vol

from custom_components.evse_pilot.chargers.entity_port import DeviceFacts, Role
from custom_components.evse_pilot.chargers.errors import (
    ChargerError,
    ChargerNoReplyError,
    ChargerOfflineError,
    ChargerRefusedError,
)
from custom_components.evse_pilot.runtime.entity_port import HassEntityPort
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_component import EntityComponent
from tests.ha.conftest import complaints

SCHEMA = vol.Schema({vol.Required("amps"): vol.All(int, vol.Range(max=16))})


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ServiceValidationError("no"), ChargerRefusedError),
        (HomeAssistantError("no"), ChargerNoReplyError),
        (TimeoutError(), ChargerNoReplyError),
        (KeyError("x"), ChargerNoReplyError),
    ],
)
async def test_what_an_action_raises(
    hass: HomeAssistant, raised: Exception, expected: type[ChargerError]
) -> None:
    """It may have been carried out before, unless it was refused."""

    async def act(_: ServiceCall) -> None:
        raise raised

    hass.services.async_register("box", "set", act)
    with pytest.raises(expected) as error:
        await HassEntityPort(hass, None, {}).call("box.set", {}, None)
    assert type(error.value) is expected


async def test_an_action_that_takes_other_data(hass: HomeAssistant) -> None:
    """Refused, by the same classes as Home Assistant's own."""

    async def act(_: ServiceCall) -> None:
        pytest.fail("called")

    hass.services.async_register("box", "set", act, schema=SCHEMA)
    with pytest.raises(ChargerRefusedError):
        await HassEntityPort(hass, None, {}).call("box.set", {"amps": 40}, None)


async def test_an_action_that_is_not_there(hass: HomeAssistant) -> None:
    """Its integration is not set up yet, or no more; and so it is without an entity."""
    port = HassEntityPort(hass, None, {Role.LIMIT: {"entity_id": "number.gone"}})
    for role in (None, Role.LIMIT, Role.SWITCH):
        with pytest.raises(ChargerOfflineError):
            await port.call("box.set", {}, role)


async def test_entities_without_a_device(hass: HomeAssistant) -> None:
    """Nothing is known of what they belong to, as of a device that is gone."""
    for device_id in (None, "gone"):
        assert HassEntityPort(hass, device_id, {}).facts() == DeviceFacts()


async def test_an_entity_that_cannot_be_updated(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """After a command it is asked to, once; what Home Assistant lets through then is no matter of the charger."""
    updates = 0

    class Limit(MockEntity):
        async def async_update(self) -> None:
            nonlocal updates
            updates += 1

        @property
        def state(self) -> int:
            if updates:
                raise ValueError("a limit that is no number")
            return 16

    component = EntityComponent[Entity](logging.getLogger("number"), "number", hass)
    await component.async_add_entities([Limit(name="Limit", entity_id="number.limit", should_poll=False)])

    async def act(_: ServiceCall) -> None:
        """Do nothing."""

    hass.services.async_register("box", "set", act)
    port = HassEntityPort(hass, None, {Role.LIMIT: {"entity_id": "number.limit"}})
    await port.refresh()
    assert updates == 0
    await port.call("box.set", {}, Role.LIMIT)
    await port.refresh()
    await port.refresh()
    assert updates == 1
    assert not complaints(caplog)
