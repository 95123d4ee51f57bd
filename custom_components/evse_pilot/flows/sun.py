"""Form for the sun and the home battery of a group."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.input_boolean import DOMAIN as INPUT_BOOLEAN_DOMAIN
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, SensorDeviceClass
from homeassistant.const import PERCENTAGE, Platform, UnitOfPower, UnitOfTime
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.selector import BooleanSelector, EntitySelector, EntitySelectorConfig

from ..balancing.forecast import async_entries_with_forecast
from ..balancing.sun_settings import (
    CHARGING_POSITIVE,
    CONF_BATTERY_CHARGE,
    CONF_BATTERY_FIRST,
    CONF_BATTERY_GIVES,
    CONF_BATTERY_HOLD,
    CONF_BATTERY_POWER,
    CONF_BATTERY_SIGN,
    CONF_BATTERY_TAKES,
    CONF_SUN_FORECAST,
    CONF_SUN_FORECAST_HOUSE,
    CONF_SUN_START,
    CONF_SUN_START_TIME,
    CONF_SUN_STOP,
    CONF_SUN_STOP_TIME,
    DEFAULTS,
    DISCHARGING_POSITIVE,
)
from .forms import Errors, Schema, choice, number
from .meters import Quantity, quantity_of

_MOST_W, _MOST_S = 50_000, 3600


def _required(key: str) -> vol.Required:
    return vol.Required(key, default=DEFAULTS[key])


SUN: Schema = {
    _required(CONF_SUN_START): number(UnitOfPower.WATT, -_MOST_W, _MOST_W, 10),
    _required(CONF_SUN_START_TIME): number(UnitOfTime.SECONDS, 10, _MOST_S, 1),
    _required(CONF_SUN_STOP): number(UnitOfPower.WATT, 0, _MOST_W, 10),
    _required(CONF_SUN_STOP_TIME): number(UnitOfTime.SECONDS, 10, _MOST_S, 1),
    vol.Optional(CONF_BATTERY_POWER): EntitySelector(
        EntitySelectorConfig(domain=SENSOR_DOMAIN, device_class=SensorDeviceClass.POWER)
    ),
    _required(CONF_BATTERY_SIGN): choice("battery_sign", [CHARGING_POSITIVE, DISCHARGING_POSITIVE]),
    vol.Optional(CONF_BATTERY_CHARGE): EntitySelector(
        EntitySelectorConfig(domain=SENSOR_DOMAIN, device_class=SensorDeviceClass.BATTERY)
    ),
    _required(CONF_BATTERY_FIRST): number(PERCENTAGE, 0, 100, 1),
    vol.Optional(CONF_BATTERY_TAKES): number(UnitOfPower.WATT, 0, _MOST_W, 10),
    _required(CONF_BATTERY_GIVES): number(UnitOfPower.WATT, 0, _MOST_W, 10),
    vol.Optional(CONF_BATTERY_HOLD): EntitySelector(
        EntitySelectorConfig(domain=[Platform.SWITCH, INPUT_BOOLEAN_DOMAIN])
    ),
    _required(CONF_SUN_FORECAST): BooleanSelector(),
    _required(CONF_SUN_FORECAST_HOUSE): number(UnitOfPower.WATT, 0, _MOST_W, 10),
}


async def async_sun_errors(hass: HomeAssistant, user_input: Mapping[str, Any]) -> Errors:
    """Return the errors in the form, by field."""
    errors = _battery_errors(hass, user_input)
    if user_input[CONF_SUN_FORECAST] and not await async_entries_with_forecast(hass):
        errors[CONF_SUN_FORECAST] = "no_forecast"
    return errors


def _battery_errors(hass: HomeAssistant, user_input: Mapping[str, Any]) -> Errors:
    """Return the errors in the sensors of the battery, by field."""
    errors: Errors = {}
    power, charge = user_input.get(CONF_BATTERY_POWER), user_input.get(CONF_BATTERY_CHARGE)
    if power is not None and quantity_of(hass, power) is not Quantity.POWER:
        errors[CONF_BATTERY_POWER] = "no_power"
    if charge is not None and not _has_percent(hass.states.get(charge)):
        errors[CONF_BATTERY_CHARGE] = "no_percent"
    uses = [key for key in (CONF_BATTERY_FIRST, CONF_BATTERY_GIVES) if user_input[key] > 0]
    if power is None and (charge is not None or uses):
        errors[CONF_BATTERY_POWER] = "battery_needs_power"
    elif charge is None and uses:
        errors[uses[0]] = "battery_needs_charge"
    return errors


def _has_percent(state: State | None) -> bool:
    return state is not None and state.attributes.get("unit_of_measurement") == PERCENTAGE


async def async_proposed_battery(hass: HomeAssistant) -> dict[str, Any]:
    """Return the battery that the Energy dashboard has, as a proposal, if there is only one with a power."""
    if "energy" not in hass.config.components:
        return {}
    preferences = (await async_get_manager(hass)).data
    sources: list[Any] = [] if preferences is None else [*preferences["energy_sources"]]
    found = [
        proposal
        for source in sources
        if source["type"] == "battery" and (proposal := _proposal(hass, source))
    ]
    return found[0] if len(found) == 1 else {}


def _proposal(hass: HomeAssistant, source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sensors of one battery; one of two sensors has a sum of them, which is positive while it discharges."""
    config = source.get("power_config") or {}
    inverted = config.get("stat_rate_inverted")
    power = inverted or source.get("stat_rate")
    if power is None or hass.states.get(power) is None:
        return {}
    sign = DISCHARGING_POSITIVE if inverted is None else CHARGING_POSITIVE
    proposal = {CONF_BATTERY_POWER: power, CONF_BATTERY_SIGN: sign}
    if (charge := source.get("stat_soc")) is not None and hass.states.get(charge) is not None:
        proposal[CONF_BATTERY_CHARGE] = charge
    return proposal
