"""Entities of a SmartEVSE: common ones enabled, noisy and rare ones disabled."""

from collections.abc import Callable

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime

from ...entities import settings, vocabulary
from ...entities.descriptions import DateTimeDescription, Entities, LightDescription, SensorDescription
from ..types import Status
from .charger import SmartEvse
from .models import SmartEvseState
from .readers import Currents
from .settings import SETTINGS
from .words import Error, Led, LockType, Mode, PowerShare, RfidReader, RfidStatus, Stage

type State = SmartEvseState

_CLASSES = {
    "A": SensorDeviceClass.CURRENT,
    "Wh": SensorDeviceClass.ENERGY_STORAGE,
    "s": SensorDeviceClass.DURATION,
    "°C": SensorDeviceClass.TEMPERATURE,
}


def _phases(currents: Currents | None) -> tuple[float | None, ...] | None:
    return None if currents is None else currents.phases_a


def _sum(currents: Currents | None) -> float | None:
    return None if currents is None else currents.total_a


def _measure(key: str, value_fn: Callable[[State], float | None], unit: str) -> SensorDescription[State]:
    return vocabulary.diagnostic(key, value_fn, unit, _CLASSES[unit])


def _led(led: Led) -> LightDescription[SmartEvse, State]:
    return LightDescription(
        key=f"led_{led}",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        exists_fn=lambda state: led in state.led_colors,
        value_fn=lambda state: state.led_colors.get(led),
        set_fn=lambda charger, rgb: charger.set_led_color(led, rgb),
    )


ENTITIES = Entities[SmartEvse, State](
    binary_sensors=(
        vocabulary.plug(lambda s: s.plugged_in),
        vocabulary.charging(lambda s: s.charging),
        vocabulary.problem(lambda s: None if s.error is None else s.status is Status.FAULT),
        vocabulary.connectivity("ethernet_connected", lambda s: s.ethernet_connected),
        vocabulary.connectivity("mqtt_connected", lambda s: s.mqtt_connected),
        vocabulary.connectivity("ocpp_connected", lambda s: s.ocpp_connected),
    ),
    buttons=(
        vocabulary.restart(SmartEvse.reboot),
        vocabulary.clear_current_limit(lambda s: s.override_current_a is not None),
    ),
    datetimes=(
        DateTimeDescription(
            key="delayed_start",
            entity_category=EntityCategory.CONFIG,
            entity_registry_enabled_default=False,
            exists_fn=lambda s: s.has_delayed_start,
            value_fn=lambda s: s.delayed_start,
            set_fn=SmartEvse.set_delayed_start,
        ),
        DateTimeDescription(
            key="delayed_stop",
            entity_category=EntityCategory.CONFIG,
            entity_registry_enabled_default=False,
            exists_fn=lambda s: s.has_delayed_start,
            value_fn=lambda s: s.delayed_stop,
            set_fn=SmartEvse.set_delayed_stop,
        ),
    ),
    lights=tuple(_led(led) for led in Led),
    numbers=settings.numbers(SETTINGS),
    selects=(
        vocabulary.mode(Mode, lambda s: s.mode, options_fn=lambda s: s.offers_modes),
        *settings.selects(SETTINGS),
    ),
    sensors=(
        vocabulary.status(lambda s: s.status),
        vocabulary.power(lambda s: s.ev_power_w),
        vocabulary.session_energy(lambda s: s.session_energy_wh),
        vocabulary.energy("total_energy", lambda s: s.total_energy_wh),
        vocabulary.energy("import_energy", lambda s: s.ev_import_wh, enabled=False),
        vocabulary.energy("export_energy", lambda s: s.ev_export_wh, enabled=False),
        vocabulary.current("offered_current", lambda s: s.offered_current_a),
        *vocabulary.phase_currents("current", lambda s: _phases(s.ev_currents)),
        vocabulary.current("current_sum", lambda s: _sum(s.ev_currents)),
        *vocabulary.phase_currents("mains_current", lambda s: _phases(s.mains_currents)),
        vocabulary.current("mains_current_sum", lambda s: _sum(s.mains_currents)),
        *vocabulary.phase_currents("mains_current_measured", lambda s: _phases(s.mains_currents_measured)),
        *vocabulary.phase_currents("circuit_current", lambda s: _phases(s.circuit_currents)),
        vocabulary.energy("mains_import_energy", lambda s: s.mains_import_wh, enabled=False),
        vocabulary.energy("mains_export_energy", lambda s: s.mains_export_wh, enabled=False),
        vocabulary.current("home_battery_current", lambda s: s.home_battery_current_a),
        SensorDescription(
            key="solar_stop_timer",
            entity_registry_enabled_default=False,
            device_class=SensorDeviceClass.DURATION,
            native_unit_of_measurement=UnitOfTime.SECONDS,
            suggested_display_precision=0,
            exists_fn=lambda s: s.solar_stop_timer_s is not None,
            value_fn=lambda s: s.solar_stop_timer_s,
        ),
        vocabulary.phases_in_use(lambda s: s.phases_in_use),
        SensorDescription(
            key="car_state_of_charge",
            entity_registry_enabled_default=False,
            device_class=SensorDeviceClass.BATTERY,
            native_unit_of_measurement=PERCENTAGE,
            state_class=SensorStateClass.MEASUREMENT,
            exists_fn=lambda s: s.car_soc_percent is not None,
            value_fn=lambda s: s.car_soc_percent,
        ),
        vocabulary.diagnostic("car_full_state_of_charge", lambda s: s.car_full_soc_percent, PERCENTAGE),
        _measure("car_battery_capacity", lambda s: s.car_battery_capacity_wh, "Wh"),
        _measure("car_energy_request", lambda s: s.car_energy_request_wh, "Wh"),
        _measure("car_time_until_full", lambda s: s.car_time_until_full_s, "s"),
        vocabulary.words("error", Error, lambda s: s.error),
        vocabulary.words("stage", Stage, lambda s: s.stage),
        vocabulary.words("power_share", PowerShare, lambda s: s.power_share),
        vocabulary.words("rfid_reader", RfidReader, lambda s: s.rfid_reader),
        vocabulary.words("rfid_status", RfidStatus, lambda s: s.rfid_status),
        vocabulary.diagnostic("rfid_card", lambda s: s.rfid_card),
        vocabulary.diagnostic("car_id", lambda s: s.car_id),
        vocabulary.words("lock_type", LockType, lambda s: s.lock_type),
        vocabulary.diagnostic("duty_cycle", lambda s: s.duty_cycle_percent, PERCENTAGE),
        _measure("mains_fuse", lambda s: s.mains_fuse_a, "A"),
        _measure("circuit_limit", lambda s: s.circuit_max_a, "A"),
        _measure("maximum_current", lambda s: s.current_max_a, "A"),
        vocabulary.diagnostic("mains_meter", lambda s: s.mains_meter),
        vocabulary.diagnostic("ev_meter", lambda s: s.ev_meter),
        vocabulary.temperature(lambda s: s.temperature_c),
        _measure("temperature_limit", lambda s: s.temperature_max_c, "°C"),
        vocabulary.wifi_signal(lambda s: s.wifi_signal_dbm),
    ),
    switches=(
        vocabulary.option("daily_repeat", lambda s: s.daily_repeat, SmartEvse.set_daily_repeat),
        *settings.switches(SETTINGS),
    ),
    texts=settings.texts(SETTINGS),
)
