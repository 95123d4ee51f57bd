"""Actions of the integration."""

from homeassistant.core import HomeAssistant, callback

from . import charger, currents, group, plan, power, schedule, sessions
from .action import async_register

ACTIONS = (
    charger.ACTIONS
    + power.ACTIONS
    + currents.ACTIONS
    + schedule.ACTIONS
    + plan.ACTIONS
    + group.ACTIONS
    + sessions.ACTIONS
)


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Register all actions."""
    for action in ACTIONS:
        async_register(hass, action)
