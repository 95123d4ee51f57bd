"""The description of an action, and its registration."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ..const import DOMAIN, LOGGER
from .fields import in_sentences
from .rights import async_check_rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action: its name, its fields besides the target, its handler, and what the caller needs and gets.

    It acts on chargers, or on `groups`; with `members`, on the chargers of a group that is targeted. One that only
    responds needs the right to read, any other that to control.
    services.yaml describes the fields for the user interface, and en.json has the texts.
    """

    name: str
    handler: Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]
    schema: VolDictType = field(default_factory=dict)
    admin: bool = False
    groups: bool = False
    members: bool = False
    response: SupportsResponse = SupportsResponse.NONE


@callback
def async_register(hass: HomeAssistant, action: Action) -> None:
    """Register an action with Home Assistant."""
    handler, schema = (
        partial(_async_handle, action),
        in_sentences(cv.make_entity_service_schema(action.schema)),
    )
    hass.services.async_register(DOMAIN, action.name, handler, schema, action.response)


async def _async_handle(action: Action, call: ServiceCall) -> ServiceResponse:
    """Carry out an action; log the key of an error, but not its text, which may quote the data of the call."""
    reads = action.response is SupportsResponse.ONLY
    await async_check_rights(
        call, admin=action.admin, reads=reads, groups=action.groups, members=action.members
    )
    try:
        return await action.handler(call)
    except HomeAssistantError as error:
        LOGGER.debug("Action %s failed: %s", action.name, error.translation_key)
        raise
