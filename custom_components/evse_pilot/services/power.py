"""Actions for the power of a charger that Home Assistant supervises."""

from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceCall

from ..chargers.capabilities import PowerBudget
from ..chargers.errors import ChargerRefusedError
from ..const import CONF_POWER_SOURCE
from ..control.claim import Source
from ..entities.device import EvseConfigEntry
from .action import Action
from .fields import number
from .targets import async_capable, async_command_each


async def async_take_power_control(entry: EvseConfigEntry, budget: PowerBudget) -> None:
    """Become the supervisor of a charger; raises the ChargerError of a command that failed."""
    source = await budget.power_source(entry.options.get(CONF_POWER_SOURCE))
    # Stored before the command is sent: if the reply is lost, it may have been carried out all the same.
    _store(entry, {CONF_POWER_SOURCE: dict(source)})
    await budget.take_control()


async def _take_power_control(call: ServiceCall) -> None:
    await async_command_each(await async_capable(call, PowerBudget), async_take_power_control)


async def _release_power_control(call: ServiceCall) -> None:
    async def release(entry: EvseConfigEntry, budget: PowerBudget) -> None:
        if (source := entry.options.get(CONF_POWER_SOURCE)) is None:
            raise ChargerRefusedError("power_control_not_taken")
        await budget.release_control(source)
        _store(entry, {})

    await async_command_each(await async_capable(call, PowerBudget), release)


async def _set_available_power(call: ServiceCall) -> None:
    power_w: float = call.data["power"]

    def check(entry: EvseConfigEntry, budget: PowerBudget) -> None:
        budget.check_available_power(power_w)
        control = entry.runtime_data.control
        if control is not None and Source.GROUP in control.claims:
            raise ChargerRefusedError("steered_by_group")

    await async_command_each(
        await async_capable(call, PowerBudget), lambda _, budget: budget.set_available_power(power_w), check
    )


def _store(entry: EvseConfigEntry, source: dict[str, Any]) -> None:
    """Store in the entry what the charger used before its control was taken."""
    hass = entry.runtime_data.coordinator.hass
    others = {key: value for key, value in entry.options.items() if key != CONF_POWER_SOURCE}
    hass.config_entries.async_update_entry(entry, options=others | source)


ACTIONS = (
    Action(name="take_power_control", handler=_take_power_control, admin=True),
    Action(name="release_power_control", handler=_release_power_control, admin=True),
    Action(
        name="set_available_power",
        handler=_set_available_power,
        schema={vol.Required("power"): number("W")},
    ),
)
