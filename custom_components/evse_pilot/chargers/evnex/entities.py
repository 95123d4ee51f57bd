"""What an EVNEX ACI shows: common things on, rare ones off."""

from dataclasses import replace

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfElectricPotential, UnitOfInformation

from ... import vocabulary
from ...descriptions import Described, Entities, SelectDescription, SensorDescription, known
from ..base import Status
from .charger import MINIMUM_A, Evnex
from .models import EvnexState, Mode, Stage

type State = EvnexState


def _always[D: Described[State]](description: D) -> D:
    """Let an entity be there before the first event: each ACI has it, for it is documented."""
    return replace(description, exists_fn=lambda _: True)


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
        SensorDescription(
            key="input_voltage",
            device_class=SensorDeviceClass.VOLTAGE,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
            native_unit_of_measurement=UnitOfElectricPotential.VOLT,
            suggested_display_precision=1,
            state_class=SensorStateClass.MEASUREMENT,
            exists_fn=known(lambda s: s.input_v),
            value_fn=lambda s: s.input_v,
        ),
        SensorDescription(
            key="free_memory",
            device_class=SensorDeviceClass.DATA_SIZE,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
            native_unit_of_measurement=UnitOfInformation.BYTES,
            suggested_unit_of_measurement=UnitOfInformation.KIBIBYTES,
            suggested_display_precision=0,
            state_class=SensorStateClass.MEASUREMENT,
            exists_fn=known(lambda s: s.free_memory_bytes),
            value_fn=lambda s: s.free_memory_bytes,
        ),
        SensorDescription(
            key="ip_address",
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
            exists_fn=known(lambda s: s.ip_address),
            value_fn=lambda s: s.ip_address,
        ),
    ),
    switches=(vocabulary.allow_charging(lambda s: s.may_charge, Evnex.set_charging),),
)
