"""Entities of an EVNEX ACI."""

from dataclasses import replace

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import UnitOfElectricPotential, UnitOfInformation

from ...entities import vocabulary
from ...entities.descriptions import Described, Entities
from ..types import Status
from .charger import Evnex
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
    selects=(
        # Enabled and disabled are what the switch that allows charging does; the others are of the app.
        replace(
            vocabulary.mode(Mode, lambda s: s.mode, translation_key="evnex_mode", assumed_state=True),
            entity_registry_enabled_default=False,
        ),
    ),
    sensors=(
        vocabulary.status(lambda s: s.status),
        _always(vocabulary.power(lambda s: s.power_w)),
        # Names of their own: they are sums of the power, and their names show that.
        vocabulary.session_energy(lambda s: s.session_energy_wh, translation_key="evnex_session_energy"),
        vocabulary.energy("total_energy", lambda s: s.total_energy_wh, translation_key="evnex_total_energy"),
        _always(
            vocabulary.words("stage", Stage, lambda s: s.stage, enabled=True, translation_key="evnex_stage")
        ),
        _always(vocabulary.temperature(lambda s: s.temperature_c)),
        _always(vocabulary.wifi_signal(lambda s: s.wifi_signal_dbm)),
        vocabulary.diagnostic(
            "input_voltage",
            lambda s: s.input_v,
            UnitOfElectricPotential.VOLT,
            SensorDeviceClass.VOLTAGE,
            state_class=SensorStateClass.MEASUREMENT,
        ),
        replace(
            vocabulary.diagnostic(
                "free_memory",
                lambda s: s.free_memory_bytes,
                UnitOfInformation.BYTES,
                SensorDeviceClass.DATA_SIZE,
                state_class=SensorStateClass.MEASUREMENT,
            ),
            suggested_unit_of_measurement=UnitOfInformation.KIBIBYTES,
            suggested_display_precision=0,
        ),
        vocabulary.diagnostic("ip_address", lambda s: s.ip_address),
    ),
)
