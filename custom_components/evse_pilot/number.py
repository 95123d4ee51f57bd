"""Number platform."""

from typing import override

from homeassistant.components.number import NumberEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.descriptions import NumberDescription
from .entities.device import EvseConfigEntry
from .entities.entity import EvseEntity, async_add_as_called_for

# The charger's own lock keeps commands apart; waiting here would let each of them begin late.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EvseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities of the device."""
    async_add_as_called_for(entry, lambda entities: entities.numbers, EvseNumber, async_add_entities)


class EvseNumber[C, S](EvseEntity[C, S], NumberEntity):
    """A number within the limits of the device."""

    entity_description: NumberDescription[C, S]

    @property
    @override
    def native_value(self) -> float | None:
        return self.entity_description.value_fn(self.coordinator.data)

    @property
    @override
    def native_min_value(self) -> float:
        limit = self.entity_description.min_fn and self.entity_description.min_fn(self.coordinator.data)
        return super().native_min_value if limit is None else limit

    @property
    @override
    def native_max_value(self) -> float:
        limit = self.entity_description.max_fn and self.entity_description.max_fn(self.coordinator.data)
        return super().native_max_value if limit is None else limit

    @property
    @override
    def native_step(self) -> float | None:
        step_fn = self.entity_description.step_fn
        return super().native_step if step_fn is None else step_fn(self.coordinator.data)

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_command(self.entity_description.set_fn(self.target, value))
