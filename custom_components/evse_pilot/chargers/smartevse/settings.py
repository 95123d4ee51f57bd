"""Settings of a SmartEVSE.

All but the last two are kept in flash memory: for a person, not for an automation that runs often.
"""

from typing import Any

from ..settings import ChoiceSetting, FlagSetting, NumberSetting, Setting, TextSetting
from .models import SmartEvseState
from .words import CapacityMode, LockType, SecondContactor

SETTINGS: tuple[Setting[SmartEvseState, Any], ...] = (
    NumberSetting(
        key="minimum_current", name="current_min", value=lambda s: s.current_min_a, low=6, high=16, unit="A"
    ),
    # The sum of the mains phases; 0 and 600 both mean no limit, and only one of them can be chosen.
    NumberSetting(
        key="mains_sum_limit",
        name="current_max_sum_mains",
        value=lambda s: 600.0 if s.mains_sum_max_a == 0 else s.mains_sum_max_a,
        low=10,
        high=600,
        unit="A",
    ),
    # How long the sum may be exceeded before charging stops.
    NumberSetting(
        key="mains_sum_limit_time",
        name="max_sum_mains_timer",
        value=lambda s: s.mains_sum_max_time_min,
        low=0,
        high=60,
        unit="min",
        reply_key="max_sum_mains_time",
    ),
    # The export, summed over the phases, at which solar charging starts, and the import that it may cause.
    NumberSetting(
        key="solar_start_current",
        name="solar_start_current",
        value=lambda s: s.solar_start_current_a,
        low=0,
        high=48,
        unit="A",
    ),
    NumberSetting(
        key="solar_maximum_import",
        name="solar_max_import",
        value=lambda s: s.solar_max_import_a,
        low=0,
        high=48,
        unit="A",
    ),
    # How long there may be too little sun before solar charging stops; 0 is for ever.
    NumberSetting(
        key="solar_stop_time",
        name="stop_timer",
        value=lambda s: s.solar_stop_time_min,
        low=0,
        high=60,
        unit="min",
    ),
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
