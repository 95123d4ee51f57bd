"""Settings of a Lektrico, which it keeps in flash: for a person to change, not for an automation that runs often.

Wire names and ranges are those of App_config.Set in chapter 3 of the document; `auto_update` is from firmware 2.0.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..settings import ChoiceSetting, FlagSetting, NumberSetting, Setting, TextSetting
from .models import LektricoState
from .words import MAXIMUM_A, MINIMUM_A, BalancingMode

type _Reader[V] = Callable[[LektricoState], V | None]


def _number(
    key: str, name: str, low: int, high: int, unit: str, value: _Reader[float]
) -> NumberSetting[LektricoState]:
    return NumberSetting(key=key, name=name, low=low, high=high, unit=unit, value=value)


def _flag(key: str, name: str, value: _Reader[bool], *, inverted: bool = False) -> FlagSetting[LektricoState]:
    return FlagSetting(key=key, name=name, value=value, inverted=inverted)


SETTINGS: tuple[Setting[LektricoState, Any], ...] = (
    replace(
        _number("user_current", "user_current", MINIMUM_A, MAXIMUM_A, "A", lambda s: s.user_current_a),
        maximum=lambda s: s.install_current_a,
    ),
    _number("led_brightness", "led_max_brightness", 10, 100, "%", lambda s: s.led_brightness_percent),
    # 0 is never. The box takes more than a day, too.
    _number("led_dimming_delay", "led_dimming_delay", 0, 86_400, "s", lambda s: s.led_dimming_delay_s),
    # By how many hours the clock of its schedule is ahead of UTC.
    _number("gmt_offset", "gmt_offset", -12, 12, "h", lambda s: s.gmt_offset_h),
    _flag("lock", "charger_locked", lambda s: s.locked),
    _flag("authentication", "headless", lambda s: s.requires_authentication, inverted=True),
    _flag("energy_management", "energy_management_enabled", lambda s: s.energy_management_enabled),
    _flag("led_template", "led_template_enabled", lambda s: s.led_template_enabled),
    # Keeps the control pilot steadier, at the price of a light that stands still while charging.
    _flag("precise_pwm", "precise_pwm_mode", lambda s: s.precise_pwm),
    _flag("auto_update", "auto_update", lambda s: s.auto_update),
    TextSetting(key="alias", name="charger_alias", value=lambda s: s.alias, longest=64),
    # Energy meters: what hybrid mode gives a car without sun, the surplus at which green charging begins, and the
    # least that a car is given.
    _number("hybrid_current", "lb_hybrid_current", MINIMUM_A, MAXIMUM_A, "A", lambda s: s.hybrid_current_a),
    _number("pv_minimum_current", "lb_pv_minimum_current", 1, 6, "A", lambda s: s.pv_minimum_current_a),
    _number(
        "car_minimum_current", "car_minimum_current", MINIMUM_A, 10, "A", lambda s: s.car_minimum_current_a
    ),
    _flag("green_single_phase", "green_forced_single_phase", lambda s: s.green_single_phase),
    _flag("hybrid_single_phase", "hybrid_forced_single_phase", lambda s: s.hybrid_single_phase),
    ChoiceSetting(
        key="balancing_mode",
        name="load_balancing_mode",
        words=BalancingMode,
        value=lambda s: s.balancing_mode,
        primary=True,
    ),
)
