"""Settings of a SmartEVSE. All but the last two are written to flash memory, which wears out."""

from typing import Any

from ..settings import ChoiceSetting, FlagSetting, NumberSetting, Setting, TextSetting
from .models import SmartEvseState
from .words import CapacityMode, LockType, SecondContactor

SETTINGS: tuple[Setting[SmartEvseState, Any], ...] = (
    NumberSetting("minimum_current", "current_min", lambda s: s.current_min_a, low=6, high=16, unit="A"),
    # The sum of the mains phases; 0 and 600 both mean no limit, and only one of them can be chosen.
    NumberSetting(
        "mains_sum_limit",
        "current_max_sum_mains",
        lambda s: 600.0 if s.mains_sum_max_a == 0 else s.mains_sum_max_a,
        low=10,
        high=600,
        unit="A",
    ),
    # How long the sum may be exceeded before charging stops.
    NumberSetting(
        "mains_sum_limit_time",
        "max_sum_mains_timer",
        lambda s: s.mains_sum_max_time_min,
        reply_key="max_sum_mains_time",
        low=0,
        high=60,
        unit="min",
    ),
    # The export, summed over the phases, at which solar charging starts, and the import that it may cause.
    NumberSetting(
        "solar_start_current",
        "solar_start_current",
        lambda s: s.solar_start_current_a,
        low=0,
        high=48,
        unit="A",
    ),
    NumberSetting(
        "solar_maximum_import", "solar_max_import", lambda s: s.solar_max_import_a, low=0, high=48, unit="A"
    ),
    # How long there may be too little sun before solar charging stops; 0 is for ever.
    NumberSetting(
        "solar_stop_time", "stop_timer", lambda s: s.solar_stop_time_min, low=0, high=60, unit="min"
    ),
    # It takes effect when charging begins the next time.
    ChoiceSetting(
        "second_contactor",
        "enable_C2",
        lambda s: s.second_contactor,
        words=SecondContactor,
        reply_key="settings",
    ),
    # Disabled also lifts the limit of the sum.
    ChoiceSetting("capacity_mode", "capacity_mode", lambda s: s.capacity_mode, words=CapacityMode),
    # The buttons beside the display.
    FlagSetting("display_lock", "lcdlock", lambda s: s.lcd_lock),
    # Off: the plug is locked only while charging. Without a motor or solenoid there is nothing to lock.
    FlagSetting(
        "cable_lock",
        "cablelock",
        lambda s: s.cable_lock,
        exists=lambda s: s.cable_lock is not None and s.lock_type not in (None, LockType.DISABLED),
    ),
    # The only car that may charge, by its EVCCID; empty for any. Only with a powerline modem.
    TextSetting(
        "required_car_id",
        "required_evccid",
        lambda s: s.required_car_id or "",
        exists=lambda s: s.accepts_car_id,
        longest=32,
    ),
    # The display, for the time of its timer.
    FlagSetting("backlight", "backlight", lambda s: s.backlight, reply_key="Backlight"),
    FlagSetting("custom_button", "custombutton", lambda s: s.custom_button),
)
