"""The home battery of a group's house, read from its sensors."""

from collections.abc import Mapping
from datetime import timedelta
import math
from typing import Any

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, PERCENTAGE, UnitOfPower
from homeassistant.core import HomeAssistant, State
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import PowerConverter

from .sun.model import Battery
from .sun_settings import (
    CHARGING_POSITIVE,
    CONF_BATTERY_CHARGE,
    CONF_BATTERY_POWER,
    CONF_BATTERY_SIGN,
    DISCHARGING_POSITIVE,
)

# A battery that reported so long ago that it charges may not any more.
_STALE_AFTER = timedelta(minutes=15)
# No home has a battery of more.
_ABSURD_W = 100_000.0


def read_battery(hass: HomeAssistant, options: Mapping[str, Any]) -> Battery | None:
    """Return what the sensors of the battery show; None: the owner has named none."""
    if (power := options.get(CONF_BATTERY_POWER)) is None:
        return None
    charge = options.get(CONF_BATTERY_CHARGE)
    is_charging = options.get(CONF_BATTERY_SIGN, DISCHARGING_POSITIVE) == CHARGING_POSITIVE
    return Battery(
        power_w=_power_w(hass.states.get(power), 1 if is_charging else -1),
        charge_percent=None if charge is None else _percent(hass.states.get(charge)),
    )


def _power_w(state: State | None, sign: int) -> float | None:
    """Return with how much it charges; a value that is stale is no surplus any more, but still a discharge."""
    if state is None:
        return None
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    value = _number(state)
    if value is None or unit not in PowerConverter.VALID_UNITS:
        return None
    watts = sign * PowerConverter.convert(value, unit, UnitOfPower.WATT)
    if not -_ABSURD_W < watts < _ABSURD_W:
        return None
    is_stale = dt_util.utcnow() - state.last_reported > _STALE_AFTER
    return min(0.0, watts) if is_stale else watts


def _percent(state: State | None) -> float | None:
    if state is None or state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) != PERCENTAGE:
        return None
    value = _number(state)
    return value if value is not None and 0 <= value <= 100 else None


def _number(state: State) -> float | None:
    try:
        value = float(state.state)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
