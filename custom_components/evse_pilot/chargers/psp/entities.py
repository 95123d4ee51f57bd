"""What a PSP EVSE shows: common things on, noisy and rare ones and the installer's settings off."""

from collections.abc import Awaitable, Callable, Iterable

from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    UnitOfApparentPower,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfPower,
    UnitOfReactiveEnergy,
    UnitOfReactivePower,
    UnitOfTime,
)

from ...entities import vocabulary
from ...entities.descriptions import (
    BinarySensorDescription,
    ButtonDescription,
    Entities,
    SensorDescription,
    SwitchDescription,
    known,
)
from ...entities.settings import numbers, selects, switches, texts
from .charger import PspEvse
from .models import Fault, PspState, Stage
from .registers import Register
from .settings import SETTINGS

type State = PspState
type Reader[T] = Callable[[State], T | None]

# By the unit that the meter's maker has put into the register's name.
_UNITS: dict[str, tuple[str, SensorDeviceClass | None]] = {
    "W": (UnitOfPower.WATT, SensorDeviceClass.POWER),
    "kW": (UnitOfPower.KILO_WATT, SensorDeviceClass.POWER),
    "VA": (UnitOfApparentPower.VOLT_AMPERE, SensorDeviceClass.APPARENT_POWER),
    "kVA": (UnitOfApparentPower.KILO_VOLT_AMPERE, SensorDeviceClass.APPARENT_POWER),
    "var": (UnitOfReactivePower.VOLT_AMPERE_REACTIVE, SensorDeviceClass.REACTIVE_POWER),
    "kvar": (UnitOfReactivePower.KILO_VOLT_AMPERE_REACTIVE, SensorDeviceClass.REACTIVE_POWER),
    "Wh": (UnitOfEnergy.WATT_HOUR, SensorDeviceClass.ENERGY),
    "kWh": (UnitOfEnergy.KILO_WATT_HOUR, SensorDeviceClass.ENERGY),
    "MWh": (UnitOfEnergy.MEGA_WATT_HOUR, SensorDeviceClass.ENERGY),
    "varh": (UnitOfReactiveEnergy.VOLT_AMPERE_REACTIVE_HOUR, SensorDeviceClass.REACTIVE_ENERGY),
    "kvarh": (UnitOfReactiveEnergy.KILO_VOLT_AMPERE_REACTIVE_HOUR, SensorDeviceClass.REACTIVE_ENERGY),
    "V": (UnitOfElectricPotential.VOLT, SensorDeviceClass.VOLTAGE),
    "A": (UnitOfElectricCurrent.AMPERE, SensorDeviceClass.CURRENT),
    "Hz": (UnitOfFrequency.HERTZ, SensorDeviceClass.FREQUENCY),
    "%": (PERCENTAGE, None),
}
# The registers of Eastron's meters that only grow, or are set back to zero by hand.
_GROWING = frozenset({"04_0048", "04_004a", "04_0156", "04_0180", "04_0184", "04_0186"})
# Their power, and what was imported: the one for the Energy dashboard.
_COMMON = frozenset({"04_0034", "04_0048"})


def _register(meter: int, register: Register) -> SensorDescription[State]:
    """Describe a register of a meter by what it says of itself."""

    def value(state: State) -> float | None:
        registers = state.meter1 if meter == 1 else state.meter2
        # Another type of meter has something else at the same address.
        same = (
            found.value for found in registers if (found.key, found.unit) == (register.key, register.unit)
        )
        return next(same, None)

    unit, device_class = _UNITS.get(register.unit or "", (register.unit, None))
    if device_class in (SensorDeviceClass.ENERGY, SensorDeviceClass.REACTIVE_ENERGY):
        growing = register.key in _GROWING
        state_class = SensorStateClass.TOTAL_INCREASING if growing else SensorStateClass.TOTAL
    else:
        state_class = SensorStateClass.MEASUREMENT
    return SensorDescription(
        key="_".join(filter(None, (f"meter{meter}", register.key, register.unit))),
        name=f"Meter {meter} {register.name}",
        icon=None if device_class else "mdi:meter-electric-outline",
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=state_class,
        suggested_display_precision=2 if device_class is SensorDeviceClass.ENERGY else 1,
        entity_registry_enabled_default=register.key in _COMMON,
        value_fn=value,
    )


def _registers(state: State) -> Iterable[SensorDescription[State]]:
    for meter, registers in ((1, state.meter1), (2, state.meter2)):
        for register in registers:
            yield _register(meter, register)


def _flag(key: str, value_fn: Reader[bool]) -> BinarySensorDescription[State]:
    return BinarySensorDescription(
        key=key,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


def _update(
    key: str, press_fn: Callable[[PspEvse], Awaitable[None]], *, enabled: bool
) -> ButtonDescription[PspEvse, State]:
    return ButtonDescription(
        key=key,
        device_class=ButtonDeviceClass.UPDATE,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=enabled,
        press_fn=press_fn,
    )


ENTITIES = Entities[PspEvse, State](
    binary_sensors=(
        vocabulary.plug(lambda s: s.plugged_in),
        vocabulary.charging(lambda s: s.charging),
        vocabulary.problem(lambda s: None if s.fault is None else s.fault is not Fault.NONE),
        _flag("auto_start_allowed", lambda s: s.auto_start_allowed),
        _flag("start_stop_allowed", lambda s: s.start_stop_allowed),
        _flag("boost_allowed", lambda s: s.boost_allowed),
        _flag("update_check_allowed", lambda s: s.update_check_allowed),
        _flag("update_allowed", lambda s: s.update_allowed),
    ),
    buttons=(
        vocabulary.restart(PspEvse.restart),
        _update("check_update", PspEvse.check_update, enabled=True),
        _update("install_update", PspEvse.install_update, enabled=False),
    ),
    numbers=numbers(SETTINGS),
    selects=selects(SETTINGS),
    sensors=(
        vocabulary.status(lambda s: s.status),
        vocabulary.power(lambda s: s.power_w),
        vocabulary.current("current", lambda s: s.current_a),
        vocabulary.current("cable_limit", lambda s: s.cable_limit_a, diagnostic=True),
        SensorDescription(
            key="available_power",
            device_class=SensorDeviceClass.POWER,
            native_unit_of_measurement=UnitOfPower.WATT,
            state_class=SensorStateClass.MEASUREMENT,
            exists_fn=lambda s: s.available_power_w is not None,
            value_fn=lambda s: s.available_power_w,
        ),
        vocabulary.energy("session_energy", lambda s: s.session_energy_wh),
        SensorDescription(
            key="session_duration",
            device_class=SensorDeviceClass.DURATION,
            native_unit_of_measurement=UnitOfTime.SECONDS,
            suggested_unit_of_measurement=UnitOfTime.MINUTES,
            suggested_display_precision=0,
            exists_fn=lambda s: s.session_duration_s is not None,
            value_fn=lambda s: s.session_duration_s,
        ),
        vocabulary.phases_in_use(lambda s: s.phases),
        vocabulary.words("error", Fault, lambda s: s.fault, enabled=True, translation_key="psp_error"),
        vocabulary.words("stage", Stage, lambda s: s.stage, translation_key="psp_stage"),
        vocabulary.diagnostic("condition", lambda s: s.condition, enabled=True),
        vocabulary.diagnostic("update_message", lambda s: s.update_message, enabled=True),
        vocabulary.diagnostic("meter1_errors", lambda s: s.meter1_errors),
        vocabulary.diagnostic("meter2_errors", lambda s: s.meter2_errors),
        SensorDescription(
            key="started_at",
            device_class=SensorDeviceClass.TIMESTAMP,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
            exists_fn=lambda s: s.started_at is not None,
            value_fn=lambda s: s.started_at,
        ),
        vocabulary.diagnostic("firmware", lambda s: s.firmware),
        vocabulary.diagnostic("heap", lambda s: s.heap),
        vocabulary.wifi_signal(lambda s: s.wifi_signal_dbm),
        vocabulary.diagnostic("wifi_quality", lambda s: s.wifi_quality_percent, PERCENTAGE),
    ),
    sensors_fn=_registers,
    switches=(
        vocabulary.allow_charging(lambda s: s.allows_charging, PspEvse.set_charging),
        SwitchDescription(
            key="boost",
            exists_fn=lambda s: s.boosted is not None,
            value_fn=lambda s: s.boosted,
            set_fn=PspEvse.set_boost,
        ),
        *switches(SETTINGS),
    ),
    texts=texts(SETTINGS),
)
