"""What a Lektrico shows: common things on, noisy and rare ones off.

Chargers and energy meters share the vendor; what only one kind knows is missing on the other.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfPower,
    UnitOfTemperature,
    UnitOfTime,
)

from ...entities import vocabulary
from ...entities.descriptions import (
    BinarySensorDescription,
    ButtonDescription,
    Described,
    Entities,
    LightDescription,
    SelectDescription,
    SensorDescription,
    TextDescription,
    known,
)
from .charger import Lektrico
from .models import (
    MAXIMUM_A,
    MINIMUM_A,
    BalancingMode,
    Fault,
    LektricoState,
    LimitReason,
    PhaseMode,
    Phases,
    Segment,
)

type State = LektricoState
type Reader[T] = Callable[[State], T | None]

AMPERE, PERCENT = UnitOfElectricCurrent.AMPERE, PERCENTAGE
DIAGNOSTIC, CONFIG = EntityCategory.DIAGNOSTIC, EntityCategory.CONFIG


def _of_charger[D: Described[Any]](description: D) -> D:
    """Let what is otherwise there on every device be there on chargers only."""
    return replace(description, exists_fn=lambda state: state.is_charger)


def _amperes(key: str, value_fn: Reader[float], *, enabled: bool = False) -> SensorDescription[State]:
    return vocabulary.diagnostic(key, value_fn, AMPERE, SensorDeviceClass.CURRENT, enabled=enabled)


def _phases(
    prefix: str, value_fn: Reader[Phases], unit: str, device_class: SensorDeviceClass, *, enabled: bool = True
) -> tuple[SensorDescription[State], ...]:
    """Describe a value of L1 to L3; the keys are the prefix and _l1 to _l3."""
    return tuple(
        SensorDescription(
            key=f"{prefix}_l{number}",
            device_class=device_class,
            native_unit_of_measurement=unit,
            suggested_display_precision=0,
            state_class=SensorStateClass.MEASUREMENT,
            entity_registry_enabled_default=enabled,
            exists_fn=known(phase_fn),
            value_fn=phase_fn,
        )
        for number, phase_fn in enumerate(vocabulary.each_phase(value_fn), 1)
    )


def _fault(prefix: str, fault: Fault, value_fn: Reader[frozenset[Fault]]) -> BinarySensorDescription[State]:
    def value(state: State) -> bool | None:
        faults = value_fn(state)
        return None if faults is None else fault in faults

    return BinarySensorDescription(
        key=f"{prefix}_{fault}",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists_fn=known(value),
        value_fn=value,
    )


def _fact(key: str, value_fn: Reader[bool]) -> BinarySensorDescription[State]:
    return BinarySensorDescription(
        key=key,
        entity_category=DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


def _button(
    key: str,
    press_fn: Callable[[Lektrico], Awaitable[None]],
    *,
    category: EntityCategory | None = None,
    device_class: ButtonDeviceClass | None = None,
    enabled: bool = True,
    exists_fn: Callable[[State], bool] = lambda state: state.is_charger,
) -> ButtonDescription[Lektrico, State]:
    return ButtonDescription(
        key=key,
        device_class=device_class,
        entity_category=category,
        entity_registry_enabled_default=enabled,
        exists_fn=exists_fn,
        press_fn=press_fn,
    )


def _segment(index: int, segment: Segment) -> LightDescription[Lektrico, State]:
    def set_color(charger: Lektrico, rgb: tuple[int, int, int]) -> Awaitable[Any]:
        return charger.set_led_segment(segment, rgb)

    return LightDescription(
        key=f"led_{segment}",
        entity_category=CONFIG,
        entity_registry_enabled_default=False,
        exists_fn=lambda state: state.has_led_template,
        value_fn=lambda state: None if state.led_template is None else state.led_template[index],
        set_fn=set_color,
    )


def _may_charge(state: State) -> bool | None:
    return None if state.paused is None else not state.paused


ENTITIES = Entities[Lektrico, State](
    binary_sensors=(
        _of_charger(vocabulary.plug(lambda s: s.plugged_in)),
        _of_charger(vocabulary.charging(lambda s: s.charging)),
        _of_charger(vocabulary.problem(lambda s: s.has_problem)),
        vocabulary.connectivity("wifi_connected", lambda s: s.wifi_connected),
        vocabulary.connectivity("energy_meter_connected", lambda s: s.meter_connected),
        _fact("rcd_enabled", lambda s: s.rcd_enabled),
        _fact("reverse_current", lambda s: s.reverse_current),
        *(_fault("fault", fault, lambda s: s.faults) for fault in Fault),
        *(_fault("logged_fault", fault, lambda s: s.logged_faults) for fault in Fault),
    ),
    buttons=(
        _button("start_charging", Lektrico.start),
        _button("stop_charging", Lektrico.stop),
        # The switch that allows charging does the same where the firmware tells whether it is paused.
        _button("pause_charging", Lektrico.pause, enabled=False),
        _button("resume_charging", Lektrico.resume, enabled=False),
        _button(
            "reset_logged_faults",
            Lektrico.reset_logged_errors,
            category=CONFIG,
            exists_fn=lambda s: s.logged_faults is not None,
        ),
        _button(
            "update_firmware",
            Lektrico.update_firmware,
            category=CONFIG,
            device_class=ButtonDeviceClass.UPDATE,
            # It is not only looked for, but installed.
            enabled=False,
        ),
        vocabulary.restart(Lektrico.reboot),
    ),
    lights=tuple(_segment(index, segment) for index, segment in enumerate(Segment)),
    numbers=(
        vocabulary.current_limit(
            lambda s: s.current_limit_a,
            Lektrico.set_limit,
            step=1,
            # 0 pauses; what is between that and the minimum is refused.
            min_fn=lambda _: 0,
            max_fn=lambda s: s.maximum_a,
        ),
        vocabulary.setting(
            "user_current",
            AMPERE,
            (MINIMUM_A, MAXIMUM_A),
            lambda s: s.user_current_a,
            Lektrico.set_user_current,
            max_fn=lambda s: s.install_current_a,
        ),
        vocabulary.setting(
            "led_brightness",
            PERCENT,
            (10, 100),
            lambda s: s.led_brightness_percent,
            Lektrico.set_led_brightness,
        ),
        vocabulary.setting(
            "led_dimming_delay",
            UnitOfTime.SECONDS,
            (0, 86_400),
            lambda s: s.led_dimming_delay_s,
            Lektrico.set_led_dimming_delay,
        ),
        vocabulary.setting(
            "gmt_offset",
            UnitOfTime.HOURS,
            (-12, 12),
            lambda s: s.gmt_offset_h,
            Lektrico.set_gmt_offset,
            enabled=False,
        ),
        vocabulary.setting(
            "hybrid_current",
            AMPERE,
            (MINIMUM_A, MAXIMUM_A),
            lambda s: s.hybrid_current_a,
            Lektrico.set_hybrid_current,
        ),
        vocabulary.setting(
            "pv_minimum_current",
            AMPERE,
            (1, 6),
            lambda s: s.pv_minimum_current_a,
            Lektrico.set_pv_minimum_current,
        ),
        vocabulary.setting(
            "car_minimum_current",
            AMPERE,
            (MINIMUM_A, 10),
            lambda s: s.car_minimum_current_a,
            Lektrico.set_car_minimum_current,
        ),
    ),
    selects=(
        SelectDescription(
            key="phase_mode",
            words=PhaseMode,
            exists_fn=lambda s: s.phase_count == 3 and s.phase_mode is not None,
            value_fn=lambda s: s.phase_mode,
            set_fn=Lektrico.set_phase_mode,
        ),
        SelectDescription(
            key="balancing_mode",
            words=BalancingMode,
            exists_fn=lambda s: s.balancing_mode is not None,
            value_fn=lambda s: s.balancing_mode,
            set_fn=Lektrico.set_balancing_mode,
        ),
    ),
    sensors=(
        _of_charger(vocabulary.status(lambda s: s.status)),
        vocabulary.power(lambda s: s.power_w),
        vocabulary.energy("session_energy", lambda s: s.session_energy_wh),
        vocabulary.energy("total_energy", lambda s: s.total_energy_wh),
        vocabulary.current("offered_current", lambda s: s.offered_current_a),
        *vocabulary.phase_currents("current", lambda s: s.currents_a),
        *_phases(
            "voltage",
            lambda s: s.voltages_v,
            UnitOfElectricPotential.VOLT,
            SensorDeviceClass.VOLTAGE,
            enabled=False,
        ),
        SensorDescription(
            key="session_time",
            device_class=SensorDeviceClass.DURATION,
            native_unit_of_measurement=UnitOfTime.SECONDS,
            suggested_unit_of_measurement=UnitOfTime.MINUTES,
            suggested_display_precision=0,
            exists_fn=lambda s: s.session_time_s is not None,
            value_fn=lambda s: s.session_time_s,
        ),
        SensorDescription(
            key="limit_reason",
            device_class=SensorDeviceClass.ENUM,
            options=list(LimitReason),
            exists_fn=lambda s: s.limit_reason is not None,
            value_fn=lambda s: s.limit_reason,
        ),
        SensorDescription(
            key="error",
            translation_key="lektrico_error",
            device_class=SensorDeviceClass.ENUM,
            options=["none", *Fault],
            entity_category=DIAGNOSTIC,
            exists_fn=lambda s: s.faults is not None,
            value_fn=lambda s: None if s.faults is None else s.fault or "none",
        ),
        _amperes("installation_current", lambda s: s.install_current_a, enabled=True),
        _amperes("energy_meter_current", lambda s: s.meter_current_a),
        _amperes("cable_current", lambda s: s.cable_current_a),
        _amperes("maximum_current", lambda s: s.system_max_current_a),
        _amperes("schedule_current", lambda s: s.schedule_current_a),
        _amperes("ocpp_current", lambda s: s.ocpp_current_a),
        vocabulary.energy("last_session_energy", lambda s: s.last_session_energy_wh, enabled=False),
        vocabulary.diagnostic("session_number", lambda s: s.session_number),
        vocabulary.diagnostic(
            "total_sessions", lambda s: s.total_sessions, state_class=SensorStateClass.TOTAL_INCREASING
        ),
        vocabulary.diagnostic(
            "total_time",
            lambda s: s.total_time_min,
            UnitOfTime.MINUTES,
            SensorDeviceClass.DURATION,
            state_class=SensorStateClass.TOTAL_INCREASING,
        ),
        vocabulary.diagnostic(
            "restarts", lambda s: s.restarts, state_class=SensorStateClass.TOTAL_INCREASING
        ),
        vocabulary.diagnostic("connected_phase", lambda s: s.connected_phase),
        vocabulary.diagnostic(
            "schedule_intervals", lambda s: None if s.schedule is None else len(s.schedule)
        ),
        vocabulary.diagnostic("board_revision", lambda s: s.board_revision),
        vocabulary.temperature(lambda s: s.temperature_c),
        vocabulary.diagnostic(
            "temperature_limit",
            lambda s: s.temperature_limit_c,
            UnitOfTemperature.CELSIUS,
            SensorDeviceClass.TEMPERATURE,
        ),
        vocabulary.diagnostic(
            "critical_temperature",
            lambda s: s.temperature_critical_c,
            UnitOfTemperature.CELSIUS,
            SensorDeviceClass.TEMPERATURE,
        ),
        vocabulary.wifi_signal(lambda s: s.wifi_signal_dbm),
        SensorDescription(
            key="mains_power",
            device_class=SensorDeviceClass.POWER,
            native_unit_of_measurement=UnitOfPower.WATT,
            state_class=SensorStateClass.MEASUREMENT,
            exists_fn=lambda s: s.mains_power_w is not None,
            value_fn=lambda s: s.mains_power_w,
        ),
        *_phases("mains_power", lambda s: s.mains_powers_w, UnitOfPower.WATT, SensorDeviceClass.POWER),
        *vocabulary.phase_currents("mains_current", lambda s: s.mains_currents_a),
        *_phases(
            "mains_voltage",
            lambda s: s.mains_voltages_v,
            UnitOfElectricPotential.VOLT,
            SensorDeviceClass.VOLTAGE,
        ),
        *_phases(
            "power_factor",
            lambda s: s.power_factors_percent,
            PERCENT,
            SensorDeviceClass.POWER_FACTOR,
            enabled=False,
        ),
        _amperes("breaker_rating", lambda s: s.breaker_rating_a, enabled=True),
        _amperes("meter_offline_current", lambda s: s.meter_offline_current_a),
        vocabulary.diagnostic("mains_meter", lambda s: s.meter_type),
    ),
    switches=(
        replace(
            vocabulary.allow_charging(_may_charge, Lektrico.set_charging),
            # Old firmware does not say whether it is paused.
            exists_fn=known(_may_charge),
        ),
        vocabulary.option("lock", lambda s: s.locked, Lektrico.set_locked),
        vocabulary.option("authentication", lambda s: s.requires_authentication, Lektrico.set_authentication),
        vocabulary.option(
            "energy_management", lambda s: s.energy_management_enabled, Lektrico.set_energy_management
        ),
        vocabulary.option(
            "led_template", lambda s: s.led_template_enabled, Lektrico.set_led_template_enabled
        ),
        vocabulary.option("precise_pwm", lambda s: s.precise_pwm, Lektrico.set_precise_pwm, enabled=False),
        vocabulary.option("auto_update", lambda s: s.auto_update, Lektrico.set_auto_update, enabled=False),
        vocabulary.option(
            "green_single_phase",
            lambda s: s.green_forced_single_phase,
            Lektrico.set_green_forced_single_phase,
        ),
        vocabulary.option(
            "hybrid_single_phase",
            lambda s: s.hybrid_forced_single_phase,
            Lektrico.set_hybrid_forced_single_phase,
        ),
    ),
    texts=(
        TextDescription(
            key="alias",
            entity_category=CONFIG,
            entity_registry_enabled_default=False,
            native_max=64,
            exists_fn=lambda s: s.has_alias,
            value_fn=lambda s: s.alias or "",
            set_fn=Lektrico.set_alias,
        ),
    ),
)
