"""Entities of a PSP EVSE; noisy and rare ones and the settings of the installer are disabled by default."""

from collections.abc import Iterable
import re

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE
from homeassistant.helpers.typing import UNDEFINED

from ...entities import vocabulary
from ...entities.descriptions import Entities, SensorDescription, SwitchDescription, known
from ...entities.settings import numbers, selects, switches, texts
from .charger import PspEvse
from .models import Fault, PspState, Stage
from .registers import MOST_REGISTERS, Register
from .settings import SETTINGS

type State = PspState

# The key of the sensor of a register: meter, register and unit.
_KEY = re.compile(r"meter(?P<meter>[12])_(?P<key>[0-9a-f]{2}_[0-9a-f]{4})(?:_(?P<unit>.+))?")


def _register(meter: int, register: Register) -> SensorDescription[State]:
    """Describe a register of a meter by its own description."""

    def value(state: State) -> float | None:
        # Another type of meter has something else at the same address.
        return next(
            (
                found.value
                for found in (state.meter1 if meter == 1 else state.meter2)
                if (found.key, found.unit) == (register.key, register.unit)
            ),
            None,
        )

    device_class = vocabulary.SENSOR_CLASSES.get(register.unit or "")
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    if device_class in (SensorDeviceClass.ENERGY, SensorDeviceClass.REACTIVE_ENERGY):
        state_class = None
        if register.is_energy:
            state_class = SensorStateClass.TOTAL_INCREASING if register.grows else SensorStateClass.TOTAL
    known_name = register.known_name
    # Meter 1 is that of the car, and this the energy for the Energy dashboard.
    is_total = meter == 1 and known_name == "imported_energy"
    return SensorDescription(
        key="_".join(filter(None, (f"meter{meter}", register.key, register.unit))),
        translation_key=_words_key(known_name, is_total=is_total),
        translation_placeholders={"meter": str(meter)},
        name=UNDEFINED if known_name else f"Meter {meter} {register.name}",
        icon=None if device_class or known_name else "mdi:meter-electric-outline",
        device_class=device_class,
        native_unit_of_measurement=register.unit,
        state_class=state_class,
        suggested_display_precision=2 if device_class is SensorDeviceClass.ENERGY else 1,
        entity_registry_enabled_default=is_total,
        room=(f"meter{meter}", MOST_REGISTERS),
        value_fn=value,
    )


def _words_key(known_name: str | None, *, is_total: bool) -> str | None:
    if is_total:
        return "total_energy"
    return None if known_name is None else f"meter_{known_name}"


def _registers(state: State) -> Iterable[SensorDescription[State]]:
    for meter, registers in ((1, state.meter1), (2, state.meter2)):
        for register in registers:
            yield _register(meter, register)


def _known_register(key: str, name: str) -> SensorDescription[State] | None:
    """Describe a register again that was described before, by the key and the name of its sensor."""
    if (found := _KEY.fullmatch(key)) is None:
        return None
    meter = int(found["meter"])
    words = name.removeprefix(f"Meter {meter} ")
    return _register(meter, Register(key=found["key"], name=words, unit=found["unit"], value=None))


ENTITIES = Entities[PspEvse, State](
    binary_sensors=(
        vocabulary.plug(lambda s: s.plugged_in),
        vocabulary.charging(lambda s: s.charging),
        vocabulary.problem(lambda s: None if s.fault is None else s.fault is not Fault.NONE),
        vocabulary.fact("auto_start_allowed", lambda s: s.auto_start_allowed),
        vocabulary.fact("start_stop_allowed", lambda s: s.start_stop_allowed),
        vocabulary.fact("boost_allowed", lambda s: s.boost_allowed),
        vocabulary.fact("update_check_allowed", lambda s: s.update_check_allowed),
        vocabulary.fact("update_allowed", lambda s: s.update_allowed),
    ),
    buttons=(
        vocabulary.restart(PspEvse.restart),
        vocabulary.update("check_update", PspEvse.check_update),
        vocabulary.update("install_update", PspEvse.install_update),
    ),
    numbers=numbers(SETTINGS),
    selects=selects(SETTINGS),
    sensors=(
        vocabulary.status(lambda s: s.status),
        vocabulary.power(lambda s: s.power_w),
        vocabulary.current("current", lambda s: s.current_a),
        vocabulary.current("cable_limit", lambda s: s.cable_limit_a, diagnostic=True),
        vocabulary.power(lambda s: s.available_power_w, "available_power", enabled=False),
        vocabulary.session_energy(lambda s: s.session_energy_wh),
        vocabulary.session_duration("session_duration", lambda s: s.session_duration_s),
        vocabulary.phases_in_use(lambda s: s.phases),
        vocabulary.words("error", Fault, lambda s: s.fault, enabled=True, translation_key="psp_error"),
        vocabulary.words("stage", Stage, lambda s: s.stage, translation_key="psp_stage"),
        vocabulary.diagnostic("condition", lambda s: s.condition),
        vocabulary.diagnostic("update_message", lambda s: s.update_message),
        vocabulary.diagnostic("meter1_errors", lambda s: s.meter1_errors),
        vocabulary.diagnostic("meter2_errors", lambda s: s.meter2_errors),
        vocabulary.diagnostic("started_at", lambda s: s.started_at, device_class=SensorDeviceClass.TIMESTAMP),
        vocabulary.diagnostic("firmware", lambda s: s.firmware),
        vocabulary.diagnostic("heap", lambda s: s.heap),
        vocabulary.wifi_signal(lambda s: s.wifi_signal_dbm),
        vocabulary.diagnostic("wifi_quality", lambda s: s.wifi_quality_percent, PERCENTAGE),
    ),
    sensors_fn=_registers,
    sensor_fn=_known_register,
    switches=(
        SwitchDescription(
            key="boost",
            entity_registry_enabled_default=False,
            exists_fn=known(lambda s: s.boosted),
            value_fn=lambda s: s.boosted,
            set_fn=PspEvse.set_boost,
        ),
        vocabulary.three_phase(lambda s: s.three_phase),
        *switches(SETTINGS),
    ),
    texts=texts(SETTINGS),
)
