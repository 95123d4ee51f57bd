"""Sensor platform."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoreEntity
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from .entities.additions import Found
from .entities.descriptions import SensorDescription
from .entities.device import Device, EvseConfigEntry
from .entities.entity import EvseEntity, async_add_as_called_for
from .entities.session import Session

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EvseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities of the device."""
    async_add_as_called_for(
        entry,
        lambda entities: entities.sensors,
        _entity,
        async_add_entities,
        found=lambda entities: Found(entities.sensors_fn, entities.sensor_fn),
    )


class EvseSensor[S](EvseEntity[Any, S], SensorEntity):
    """A sensor made of a description."""

    entity_description: SensorDescription[S]

    def __init__(self, device: Device[Any, S], description: SensorDescription[S]) -> None:
        """Set what the name needs, too."""
        super().__init__(device, description)
        self._attr_translation_placeholders = description.translation_placeholders

    @property
    @override
    def native_value(self) -> StateType | datetime:
        return self.entity_description.value_fn(self.coordinator.data)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        unit_fn = self.entity_description.unit_fn
        return super().native_unit_of_measurement if unit_fn is None else unit_fn(self.coordinator.data)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        attributes_fn = self.entity_description.attributes_fn
        return None if attributes_fn is None else attributes_fn(self.coordinator.data)


class EvseSessionSensor[S](EvseSensor[S], RestoreEntity):
    """The energy of a session: its last reset is the beginning of the session, also over a restart."""

    _session = Session()

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        if (stored := await self.async_get_last_extra_data()) is not None:
            self._session = Session.from_dict(stored.as_dict())
        self._follow()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._follow()
        super()._handle_coordinator_update()

    @property
    @override
    def native_value(self) -> float | None:
        """Return the energy that the session is known to have, while its charger shows one."""
        return None if self._read_wh is None else self._session.energy_wh

    @property
    @override
    def extra_restore_state_data(self) -> Session:
        return self._session

    @property
    def _read_wh(self) -> float | None:
        energy_wh = super().native_value
        return energy_wh if isinstance(energy_wh, float) else None

    def _follow(self) -> None:
        number = self.entity_description.session_number_fn(self.coordinator.data)
        self._session = self._session.after(self._read_wh, dt_util.utcnow(), number)
        self._attr_last_reset = self._session.began_at


def _entity(device: Device[Any, Any], description: SensorDescription[Any]) -> EvseSensor[Any]:
    return (EvseSessionSensor if description.is_of_session else EvseSensor)(device, description)
