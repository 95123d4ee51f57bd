"""Settings of the sun in the options of a group, and what the law of the sun makes of them."""

from collections.abc import Mapping
from typing import Any, Final

from .settings import nominal_voltage_of, strategy_of
from .sun.model import SunSettings

CONF_SUN_START: Final = "sun_start"
CONF_SUN_START_TIME: Final = "sun_start_time"
CONF_SUN_STOP: Final = "sun_stop"
CONF_SUN_STOP_TIME: Final = "sun_stop_time"
CONF_BATTERY_POWER: Final = "battery_power"
CONF_BATTERY_SIGN: Final = "battery_sign"
CONF_BATTERY_CHARGE: Final = "battery_charge"
CONF_BATTERY_FIRST: Final = "battery_first"
CONF_BATTERY_GIVES: Final = "battery_gives"
CONF_BATTERY_TAKES: Final = "battery_takes"
CONF_BATTERY_HOLD: Final = "battery_hold"
CONF_SUN_FORECAST: Final = "sun_forecast"
CONF_SUN_FORECAST_HOUSE: Final = "sun_forecast_house"

# What a positive value of the battery's power means
CHARGING_POSITIVE: Final = "charging_positive"
DISCHARGING_POSITIVE: Final = "discharging_positive"

DEFAULTS: Final[Mapping[str, Any]] = {
    CONF_SUN_START: 0.0,
    CONF_SUN_START_TIME: 60.0,
    CONF_SUN_STOP: 0.0,
    CONF_SUN_STOP_TIME: 35.0,
    CONF_BATTERY_SIGN: DISCHARGING_POSITIVE,
    CONF_BATTERY_FIRST: 0.0,
    CONF_BATTERY_GIVES: 0.0,
    CONF_SUN_FORECAST: False,
    CONF_SUN_FORECAST_HOUSE: 500.0,
}


def sun_settings_of(options: Mapping[str, Any]) -> SunSettings:
    """Return what the owner of a group has chosen for the sun."""
    chosen = {**DEFAULTS, **options}
    return SunSettings(
        volts=nominal_voltage_of(options),
        strategy=strategy_of(options),
        start_w=chosen[CONF_SUN_START],
        start_s=chosen[CONF_SUN_START_TIME],
        stop_w=chosen[CONF_SUN_STOP],
        stop_s=chosen[CONF_SUN_STOP_TIME],
        battery_first_percent=chosen[CONF_BATTERY_FIRST],
        battery_gives_w=chosen[CONF_BATTERY_GIVES],
        battery_takes_w=chosen.get(CONF_BATTERY_TAKES),
    )
