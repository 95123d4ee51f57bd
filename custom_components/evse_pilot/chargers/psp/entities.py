"""What a PSP EVSE shows: common things on, noisy and rare ones and the installer's settings off."""

from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum

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
    SelectDescription,
    SensorDescription,
    SwitchDescription,
    TextDescription,
    known,
)
from .charger import PspEvse
from .models import (
    MAXIMUM_A,
    MINIMUM_A,
    SUPPLY_MAXIMUM_A,
    SUPPLY_MAXIMUM_W,
    ChargerMode,
    ControlStrategy,
    Fault,
    LockMethod,
    MeterType,
    PspState,
    Stage,
)
from .registers import Register

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


def _select[E: StrEnum](
    key: str,
    words: type[E],
    value_fn: Reader[E],
    set_fn: Callable[[PspEvse, E], Awaitable[None]],
    options_fn: Callable[[State], Iterable[E]] | None = None,
) -> SelectDescription[PspEvse, State, E]:
    return SelectDescription(
        key=key,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        words=words,
        options_fn=options_fn,
        exists_fn=known(value_fn),
        value_fn=value_fn,
        set_fn=set_fn,
    )


def _address(
    key: str,
    exists_fn: Callable[[State], bool],
    value_fn: Reader[str],
    set_fn: Callable[[PspEvse, str], Awaitable[None]],
) -> TextDescription[PspEvse, State]:
    return TextDescription(
        key=key,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        native_max=15,
        exists_fn=exists_fn,
        value_fn=value_fn,
        set_fn=set_fn,
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


AMPERE, WATT = UnitOfElectricCurrent.AMPERE, UnitOfPower.WATT
CURRENTS = (MINIMUM_A, MAXIMUM_A)

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
    numbers=(
        vocabulary.current_limit(
            lambda s: s.charge_current_a,
            PspEvse.set_charge_current,
            step=1,
            min_fn=lambda _: MINIMUM_A,
            max_fn=lambda _: MAXIMUM_A,
        ),
        vocabulary.setting(
            "boost_current",
            AMPERE,
            CURRENTS,
            lambda s: s.boost_current_a,
            PspEvse.set_boost_current,
        ),
        vocabulary.setting(
            "phase_current_limit",
            AMPERE,
            (MINIMUM_A, SUPPLY_MAXIMUM_A),
            lambda s: s.phase_current_limit_a,
            PspEvse.set_phase_current_limit,
            enabled=False,
        ),
        vocabulary.setting(
            "control_limit",
            WATT,
            (0, SUPPLY_MAXIMUM_W),
            lambda s: s.control_limit_w,
            PspEvse.set_control_limit,
            enabled=False,
        ),
    ),
    selects=(
        _select("charger_mode", ChargerMode, lambda s: s.charger_mode, PspEvse.set_charger_mode),
        _select("lock_method", LockMethod, lambda s: s.lock_method, PspEvse.set_lock_method),
        _select(
            "control_strategy",
            ControlStrategy,
            lambda s: s.control_strategy,
            PspEvse.set_control_strategy,
        ),
        _select(
            "meter1_type",
            MeterType,
            lambda s: s.meter1_type,
            PspEvse.set_meter1_type,
            # Only the control meter can be a supervisor instead.
            options_fn=lambda _: [word for word in MeterType if word is not MeterType.REMOTE_CONTROL],
        ),
        _select("meter2_type", MeterType, lambda s: s.meter2_type, PspEvse.set_meter2_type),
    ),
    sensors=(
        vocabulary.status(lambda s: s.status),
        vocabulary.power(lambda s: s.power_w),
        vocabulary.current("current", lambda s: s.current_a),
        vocabulary.current("cable_limit", lambda s: s.cable_limit_a, diagnostic=True),
        SensorDescription(
            key="available_power",
            device_class=SensorDeviceClass.POWER,
            native_unit_of_measurement=WATT,
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
        vocabulary.allow_charging(lambda s: s.session_started, PspEvse.set_charging),
        SwitchDescription(
            key="boost",
            exists_fn=lambda s: s.boosted is not None,
            value_fn=lambda s: s.boosted,
            set_fn=PspEvse.set_boost,
        ),
        vocabulary.option("auto_start", lambda s: s.auto_start, PspEvse.set_auto_start),
        vocabulary.option("three_phase", lambda s: s.three_phase, PspEvse.set_three_phase),
    ),
    texts=(
        _address(
            "meter1_address",
            lambda s: s.meter1_type is not None,
            lambda s: s.meter1_address,
            PspEvse.set_meter1_address,
        ),
        _address(
            "meter2_address",
            lambda s: s.meter2_type is not None,
            lambda s: s.meter2_address,
            PspEvse.set_meter2_address,
        ),
    ),
)
