"""The description of an action, and its registration."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.helpers.typing import VolDictType

from ..const import DOMAIN, LOGGER


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action: its name, its fields besides the target, its handler, and what the caller needs and gets.

    services.yaml describes the fields for the user interface, and en.json has the texts.
    """

    name: str
    handler: Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]
    schema: VolDictType = field(default_factory=dict)
    admin: bool = False
    response: SupportsResponse = SupportsResponse.NONE


@callback
def async_register(hass: HomeAssistant, action: Action) -> None:
    """Register an action with Home Assistant."""
    handler, schema = partial(_async_handle, action), cv.make_entity_service_schema(action.schema)
    if action.admin:
        async_register_admin_service(hass, DOMAIN, action.name, handler, schema, action.response)
    else:
        hass.services.async_register(DOMAIN, action.name, handler, schema, action.response)


async def _async_handle(action: Action, call: ServiceCall) -> ServiceResponse:
    """Carry out an action; log the key of an error, but not its text, which may quote the data of the call."""
    try:
        return await action.handler(call)
    except HomeAssistantError as error:
        LOGGER.debug("Action %s failed: %s", action.name, error.translation_key)
        raise
