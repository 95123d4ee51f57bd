"""Sensor platform."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoreEntity
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from .entities.additions import Found
from .entities.descriptions import SensorDescription
from .entities.device import Device, EvseConfigEntry
from .entities.entity import EvseEntity, async_add_as_called_for
from .entities.quiet import COUNTER_S, MEASUREMENT_S, Quiet
from .entities.session import Session
from .runtime.clock import monotonic_s
from .runtime.read_by_groups import is_read
from .runtime.wake_up import WakeUp

PARALLEL_UPDATES = 0

_COUNTERS = (SensorStateClass.TOTAL, SensorStateClass.TOTAL_INCREASING)


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


class EvseNumberSensor[S](EvseSensor[S]):
    """A number with a unit: a small change of it is shown some seconds later, with those that follow."""

    def __init__(self, device: Device[Any, S], description: SensorDescription[S]) -> None:
        """Show nothing yet."""
        super().__init__(device, description)
        is_counter = description.state_class in _COUNTERS
        self._quiet = Quiet(
            str(description.native_unit_of_measurement), COUNTER_S if is_counter else MEASUREMENT_S
        )

    @override
    async def async_added_to_hass(self) -> None:
        self._end = WakeUp(self.hass, self._show_held)
        self.async_on_remove(self._end.cancel)
        self._quiet.show(monotonic_s(self.hass), self._read)
        await super().async_added_to_hass()

    @property
    @override
    def native_value(self) -> float | None:
        return self._quiet.shown

    @property
    def _read(self) -> float | None:
        """Return the newest value, which may be held back."""
        value = self.entity_description.value_fn(self.coordinator.data)
        return value if isinstance(value, (float, int)) else None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        now_s, value = monotonic_s(self.hass), self._read
        if not self.available:
            # When it is back, it is shown at once.
            self._quiet.show(now_s, None)
        elif is_read(self.hass, self.entity_id):
            self._quiet.show(now_s, value)
        else:
            if self._quiet.held is not None and self._begins_anew(value):
                # For statistics, which take the fall for a new beginning.
                self._show_held()
            if (wait_s := self._quiet.take(now_s, value)) is not None:
                self._end.set_in(wait_s)
                return
        self._end.cancel()
        super()._handle_coordinator_update()

    def _begins_anew(self, value: float | None) -> bool:
        held = self._quiet.held
        is_counter = self.entity_description.state_class in _COUNTERS
        return is_counter and held is not None and (value is None or value < held)

    @callback
    def _show_held(self) -> None:
        self._end.cancel()
        if self._quiet.held is not None:
            self._quiet.show(monotonic_s(self.hass), self._quiet.held)
            self.async_write_ha_state()


class EvseSessionSensor[S](EvseNumberSensor[S], RestoreEntity):
    """The energy of a session: its last reset is the beginning of the session, also over a restart."""

    _session = Session()

    @override
    async def async_added_to_hass(self) -> None:
        if (stored := await self.async_get_last_extra_data()) is not None:
            self._session = Session.from_dict(stored.as_dict())
        self._session = self._next_session()
        self._attr_last_reset = self._session.began_at
        await super().async_added_to_hass()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        session = self._next_session()
        if session.began_at != self._session.began_at:
            # The last that the session before had, under its own beginning.
            self._show_held()
        self._session = session
        self._attr_last_reset = session.began_at
        super()._handle_coordinator_update()

    @property
    @override
    def extra_restore_state_data(self) -> Session:
        return self._session

    @property
    @override
    def _read(self) -> float | None:
        """Return the energy that the session is known to have, while its charger shows one."""
        return None if super()._read is None else self._session.energy_wh

    def _next_session(self) -> Session:
        number = self.entity_description.session_number_fn(self.coordinator.data)
        return self._session.after(super()._read, dt_util.utcnow(), number)


def _entity(device: Device[Any, Any], description: SensorDescription[Any]) -> EvseSensor[Any]:
    if description.is_of_session:
        return EvseSessionSensor(device, description)
    return (EvseSensor if description.native_unit_of_measurement is None else EvseNumberSensor)(
        device, description
    )
