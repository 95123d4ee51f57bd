"""Settings of a SmartEVSE.

All but the last two are kept in flash memory: for a person, not for an automation that runs often.
"""

from collections.abc import Callable
from typing import Any

from ..settings import ChoiceSetting, FlagSetting, NumberSetting, Setting, TextSetting
from .models import SmartEvseState
from .words import CapacityMode, LockType, SecondContactor


def _number(
    key: str,
    name: str,
    value: Callable[[SmartEvseState], float | None],
    limits: tuple[float, float],
    unit: str,
    reply_key: str | None = None,
) -> NumberSetting[SmartEvseState]:
    low, high = limits
    return NumberSetting(key=key, name=name, value=value, low=low, high=high, unit=unit, reply_key=reply_key)


SETTINGS: tuple[Setting[SmartEvseState, Any], ...] = (
    _number("minimum_current", "current_min", lambda s: s.current_min_a, (6, 16), "A"),
    # The sum of the mains phases; 0 and 600 both mean no limit, and only one of them can be chosen.
    _number(
        "mains_sum_limit",
        "current_max_sum_mains",
        lambda s: 600.0 if s.mains_sum_max_a == 0 else s.mains_sum_max_a,
        (10, 600),
        "A",
    ),
    # How long the sum may be exceeded before charging stops.
    _number(
        "mains_sum_limit_time",
        "max_sum_mains_timer",
        lambda s: s.mains_sum_max_time_min,
        (0, 60),
        "min",
        reply_key="max_sum_mains_time",
    ),
    # The export, summed over the phases, at which solar charging starts, and the import that it may cause.
    _number("solar_start_current", "solar_start_current", lambda s: s.solar_start_current_a, (0, 48), "A"),
    _number("solar_maximum_import", "solar_max_import", lambda s: s.solar_max_import_a, (0, 48), "A"),
    # How long there may be too little sun before solar charging stops; 0 is for ever.
    _number("solar_stop_time", "stop_timer", lambda s: s.solar_stop_time_min, (0, 60), "min"),
    # It takes effect at the next change of state.
    ChoiceSetting(
        key="second_contactor",
        name="enable_C2",
        value=lambda s: s.second_contactor,
        words=SecondContactor,
        reply_key="settings",
    ),
    # Disabled also lifts the limit of the sum.
    ChoiceSetting(
        key="capacity_mode",
        name="capacity_mode",
        value=lambda s: s.capacity_mode,
        words=CapacityMode,
        enabled=False,
    ),
    # The buttons beside the display.
    FlagSetting(key="display_lock", name="lcdlock", value=lambda s: s.lcd_lock),
    # Off: the plug is locked only while charging. Without a motor or solenoid there is nothing to lock.
    FlagSetting(
        key="cable_lock",
        name="cablelock",
        value=lambda s: s.cable_lock,
        exists=lambda s: s.cable_lock is not None and s.lock_type not in (None, LockType.DISABLED),
    ),
    # The only car that may charge, by its EVCCID; empty for any. Only with a powerline modem.
    TextSetting(
        key="required_car_id",
        name="required_evccid",
        value=lambda s: s.required_car_id or "",
        exists=lambda s: s.accepts_car_id,
        longest=32,
        enabled=False,
    ),
    # The display, for the time of its timer.
    FlagSetting(
        key="backlight", name="backlight", value=lambda s: s.backlight, reply_key="Backlight", enabled=False
    ),
    FlagSetting(key="custom_button", name="custombutton", value=lambda s: s.custom_button, enabled=False),
)
