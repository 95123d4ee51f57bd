"""Switch platform."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.descriptions import SwitchDescription
from .entities.device import EvseConfigEntry
from .entities.entity import EvseEntity, async_add_as_called_for

# The charger's own lock keeps commands apart; waiting here would let each of them begin late.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EvseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities of the device."""
    async_add_as_called_for(entry, lambda entities: entities.switches, EvseSwitch, async_add_entities)


class EvseSwitch[C, S](EvseEntity[C, S], SwitchEntity):
    """A switch made of a description."""

    entity_description: SwitchDescription[C, S]

    @property
    @override
    def is_on(self) -> bool | None:
        return self.entity_description.value_fn(self.coordinator.data)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self.async_command(self.entity_description.set_fn(self.target, True))

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.async_command(self.entity_description.set_fn(self.target, False))
