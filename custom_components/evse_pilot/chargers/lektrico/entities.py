"""Entities of a Lektrico: common ones on by default, noisy and rare ones off.

Chargers and energy meters share the vendor; what only one kind has is missing on the other.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
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
    SensorDescription,
)
from ...entities.settings import numbers, selects, switches, texts
from .charger import Lektrico
from .models import LektricoState, Rgb
from .settings import SETTINGS
from .words import Fault, LimitReason, PhaseMode, Segment

type State = LektricoState
type Reader[T] = Callable[[State], T | None]

DIAGNOSTIC, CONFIG = EntityCategory.DIAGNOSTIC, EntityCategory.CONFIG
VOLTAGE = UnitOfElectricPotential.VOLT, SensorDeviceClass.VOLTAGE
POWER = UnitOfPower.WATT, SensorDeviceClass.POWER
POWER_FACTOR = PERCENTAGE, SensorDeviceClass.POWER_FACTOR


def _of_charger[D: Described[Any]](description: D) -> D:
    """Let what is otherwise there on every device be there on chargers only."""
    return replace(description, exists_fn=lambda state: state.is_charger)


def _is_charger(state: State) -> bool:
    return state.is_charger


def _rare[D: Described[Any]](description: D) -> D:
    """Let what few use be disabled by default."""
    return replace(description, entity_registry_enabled_default=False)


def _amperes(key: str, value_fn: Reader[float]) -> SensorDescription[State]:
    return vocabulary.diagnostic(key, value_fn, UnitOfElectricCurrent.AMPERE, SensorDeviceClass.CURRENT)


def _celsius(key: str, value_fn: Reader[float]) -> SensorDescription[State]:
    return vocabulary.diagnostic(key, value_fn, UnitOfTemperature.CELSIUS, SensorDeviceClass.TEMPERATURE)


def _counter(key: str, value_fn: Reader[float], unit: UnitOfTime | None = None) -> SensorDescription[State]:
    device_class = None if unit is None else SensorDeviceClass.DURATION
    return vocabulary.diagnostic(
        key, value_fn, unit, device_class, state_class=SensorStateClass.TOTAL_INCREASING
    )


def _fault(prefix: str, fault: Fault, value_fn: Reader[frozenset[Fault]]) -> BinarySensorDescription[State]:
    def value(state: State) -> bool | None:
        faults = value_fn(state)
        return None if faults is None else fault in faults

    return vocabulary.fact(f"{prefix}_{fault}", value, BinarySensorDeviceClass.PROBLEM)


def _segment(index: int, segment: Segment) -> LightDescription[Lektrico, State]:
    def set_color(charger: Lektrico, rgb: Rgb) -> Awaitable[None]:
        return charger.set_led_segment(segment, rgb)

    return LightDescription(
        key=f"led_{segment}",
        entity_category=CONFIG,
        entity_registry_enabled_default=False,
        exists_fn=lambda state: state.has_led_template,
        value_fn=lambda state: None if state.led_template is None else state.led_template[index],
        set_fn=set_color,
    )


ENTITIES = Entities[Lektrico, State](
    binary_sensors=(
        _of_charger(vocabulary.plug(lambda s: s.plugged_in)),
        _of_charger(vocabulary.charging(lambda s: s.charging)),
        _of_charger(vocabulary.problem(lambda s: s.has_problem)),
        vocabulary.connectivity("wifi_connected", lambda s: s.wifi_connected),
        vocabulary.connectivity("energy_meter_connected", lambda s: s.meter_connected),
        vocabulary.fact("rcd_enabled", lambda s: s.rcd_enabled),
        vocabulary.fact("reverse_current", lambda s: s.reverse_current),
        *(_fault("fault", fault, lambda s: s.faults) for fault in Fault),
        *(_fault("logged_fault", fault, lambda s: s.logged_faults) for fault in Fault),
    ),
    buttons=(
        _rare(ButtonDescription(key="start_charging", press_fn=Lektrico.start, exists_fn=_is_charger)),
        _rare(ButtonDescription(key="stop_charging", press_fn=Lektrico.stop, exists_fn=_is_charger)),
        vocabulary.allow_button("pause_charging", lambda s: s.is_charger, on=False),
        vocabulary.allow_button("resume_charging", lambda s: s.is_charger, on=True),
        ButtonDescription(
            key="reset_logged_faults",
            entity_category=CONFIG,
            entity_registry_enabled_default=False,
            exists_fn=lambda s: s.logged_faults is not None,
            press_fn=Lektrico.reset_logged_errors,
        ),
        # New firmware is not only looked for, but installed.
        vocabulary.update("update_firmware", Lektrico.update_firmware, _is_charger),
        vocabulary.restart(Lektrico.reboot),
    ),
    lights=tuple(_segment(index, segment) for index, segment in enumerate(Segment)),
    numbers=numbers(SETTINGS),
    selects=(
        vocabulary.phase_mode(PhaseMode.SINGLE, lambda s: s.phase_mode if s.phase_count == 3 else None),
        *selects(SETTINGS),
    ),
    sensors=(
        _of_charger(vocabulary.status(lambda s: s.status)),
        vocabulary.power(lambda s: s.power_w),
        vocabulary.session_energy(lambda s: s.session_energy_wh, lambda s: s.session_number),
        vocabulary.energy("total_energy", lambda s: s.total_energy_wh),
        vocabulary.current("offered_current", lambda s: s.offered_current_a),
        *vocabulary.phase_currents("current", lambda s: s.currents_a),
        *vocabulary.phase_values("voltage", lambda s: s.voltages_v, *VOLTAGE),
        vocabulary.session_duration("session_time", lambda s: s.session_time_s),
        vocabulary.words("limit_reason", LimitReason, lambda s: s.limit_reason),
        SensorDescription(
            key="error",
            translation_key="lektrico_error",
            device_class=SensorDeviceClass.ENUM,
            options=["none", *Fault],
            entity_category=DIAGNOSTIC,
            exists_fn=lambda s: s.faults is not None,
            value_fn=lambda s: s.error,
        ),
        _amperes("installation_current", lambda s: s.install_current_a),
        _amperes("energy_meter_current", lambda s: s.meter_current_a),
        _amperes("cable_current", lambda s: s.cable_current_a),
        _amperes("maximum_current", lambda s: s.system_max_current_a),
        _amperes("schedule_current", lambda s: s.schedule_current_a),
        _amperes("ocpp_current", lambda s: s.ocpp_current_a),
        vocabulary.diagnostic("session_number", lambda s: s.session_number),
        _counter("total_sessions", lambda s: s.total_sessions),
        _counter("total_time", lambda s: s.total_time_min, UnitOfTime.MINUTES),
        # It is no counter for statistics: it is shown at its first reading, for a restart must not be missed.
        vocabulary.diagnostic("restarts", lambda s: s.restarts),
        vocabulary.diagnostic("connected_phase", lambda s: s.connected_phase),
        vocabulary.diagnostic("schedule_intervals", lambda s: s.schedule_intervals),
        vocabulary.diagnostic("board_revision", lambda s: s.board_revision),
        vocabulary.temperature(lambda s: s.temperature_c),
        _celsius("temperature_limit", lambda s: s.temperature_limit_c),
        _celsius("critical_temperature", lambda s: s.temperature_critical_c),
        vocabulary.wifi_signal(lambda s: s.wifi_signal_dbm),
        replace(vocabulary.power(lambda s: s.mains_power_w), key="mains_power"),
        *vocabulary.phase_values("mains_power", lambda s: s.mains_powers_w, *POWER, enabled=True),
        *vocabulary.phase_currents("mains_current", lambda s: s.mains_currents_a, enabled=True),
        *vocabulary.phase_values("mains_voltage", lambda s: s.mains_voltages_v, *VOLTAGE),
        *vocabulary.phase_values("power_factor", lambda s: s.power_factors_percent, *POWER_FACTOR),
        _amperes("breaker_rating", lambda s: s.breaker_rating_a),
        _amperes("meter_offline_current", lambda s: s.meter_offline_current_a),
        vocabulary.diagnostic("mains_meter", lambda s: s.meter_type),
    ),
    switches=switches(SETTINGS),
    texts=texts(SETTINGS),
)
