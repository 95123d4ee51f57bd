"""What an EVNEX ACI shows: common things on, rare ones off."""

from collections.abc import Callable
from dataclasses import replace

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfElectricPotential, UnitOfInformation

from ...entities import vocabulary
from ...entities.descriptions import Described, Entities, SelectDescription, SensorDescription, known
from ..types import Status
from .charger import MINIMUM_A, Evnex
from .models import EvnexState, Mode, Stage

type State = EvnexState


def _always[D: Described[State]](description: D) -> D:
    """Let an entity be there before the first event: each ACI has it, for it is documented."""
    return replace(description, exists_fn=lambda _: True)


def _rare(
    key: str,
    value_fn: Callable[[State], float | str | None],
    device_class: SensorDeviceClass | None = None,
    unit: str | None = None,
) -> SensorDescription[State]:
    """Describe something that few want to see; what has a unit is measured."""
    return SensorDescription(
        key=key,
        device_class=device_class,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=unit,
        state_class=None if unit is None else SensorStateClass.MEASUREMENT,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


ENTITIES = Entities[Evnex, State](
    binary_sensors=(
        vocabulary.plug(lambda s: s.plugged_in),
        vocabulary.charging(lambda s: None if s.status is None else s.status is Status.CHARGING),
        vocabulary.problem(lambda s: None if s.status is None else s.status is Status.FAULT),
    ),
    numbers=(
        _always(
            vocabulary.current_limit(
                lambda s: s.current_limit_a,
                Evnex.set_current_limit,
                step=1,
                min_fn=lambda _: MINIMUM_A,
                max_fn=lambda s: s.circuit_limit_a,
            )
        ),
    ),
    selects=(
        SelectDescription(
            key="mode",
            translation_key="evnex_mode",
            assumed_state=True,
            words=Mode,
            value_fn=lambda s: s.mode,
            set_fn=Evnex.set_mode,
        ),
    ),
    sensors=(
        vocabulary.status(lambda s: s.status),
        _always(vocabulary.power(lambda s: s.power_w)),
        # Names of their own: they are sums of the power, and say so.
        replace(
            vocabulary.energy("session_energy", lambda s: s.session_energy_wh),
            translation_key="evnex_session_energy",
        ),
        replace(
            vocabulary.energy("total_energy", lambda s: s.total_energy_wh),
            translation_key="evnex_total_energy",
        ),
        SensorDescription(
            key="stage",
            translation_key="evnex_stage",
            device_class=SensorDeviceClass.ENUM,
            options=list(Stage),
            entity_category=EntityCategory.DIAGNOSTIC,
            value_fn=lambda s: s.stage,
        ),
        _always(vocabulary.temperature(lambda s: s.temperature_c)),
        _always(vocabulary.wifi_signal(lambda s: s.wifi_signal_dbm)),
        _rare("input_voltage", lambda s: s.input_v, SensorDeviceClass.VOLTAGE, UnitOfElectricPotential.VOLT),
        replace(
            _rare(
                "free_memory",
                lambda s: s.free_memory_bytes,
                SensorDeviceClass.DATA_SIZE,
                UnitOfInformation.BYTES,
            ),
            suggested_unit_of_measurement=UnitOfInformation.KIBIBYTES,
            suggested_display_precision=0,
        ),
        _rare("ip_address", lambda s: s.ip_address),
    ),
    switches=(vocabulary.allow_charging(lambda s: s.may_charge, Evnex.set_charging),),
)
