"""Check of an action of the owner's that sets the limit of a charger of another integration."""

from collections.abc import Mapping

import voluptuous as vol

from homeassistant.const import CONF_ACTION
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..runtime.entity_port import prepared

# Two currents for which the action has to differ.
_TRIED_A = (6, 16)


def problem_of(hass: HomeAssistant, steps: object) -> str | None:
    """Return the key of what is wrong with the steps that an owner has chosen; None: they are one action that can be used."""
    if not isinstance(steps, list) or len(steps) != 1:
        return "one_action"
    if not isinstance(steps[0], Mapping) or CONF_ACTION not in steps[0]:
        return "one_action"
    try:
        one, other = (prepared(hass, steps[0], amps) for amps in _TRIED_A)
    except HomeAssistantError, vol.Invalid:
        return "bad_action"
    if one == other:
        return "no_current"
    if one["domain"] == DOMAIN:
        return "own_action"
    return None if hass.services.has_service(one["domain"], one["service"]) else "no_such_action"
