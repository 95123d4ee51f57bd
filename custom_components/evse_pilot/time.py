"""Time platform."""

from datetime import time
from typing import override

from homeassistant.components.time import TimeEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.descriptions import TimeDescription
from .entities.device import EvseConfigEntry
from .entities.entity import EvseEntity, async_add_as_called_for

# The charger's own lock keeps commands apart; waiting here would let each of them begin late.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EvseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities of the device."""
    async_add_as_called_for(entry, lambda entities: entities.times, EvseTime, async_add_entities)


class EvseTime[C, S](EvseEntity[C, S], TimeEntity):
    """A time of day made of a description."""

    entity_description: TimeDescription[C, S]

    @property
    @override
    def native_value(self) -> time | None:
        return self.entity_description.value_fn(self.coordinator.data)

    @override
    async def async_set_value(self, value: time) -> None:
        await self.async_command(self.entity_description.set_fn(self.target, value))
