"""Button platform."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.descriptions import ButtonDescription
from .entities.device import EvseConfigEntry
from .entities.entity import EvseEntity, async_add_as_called_for

# The charger's own lock keeps commands apart; waiting here would let each of them begin late.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EvseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities of the device."""
    async_add_as_called_for(entry, lambda entities: entities.buttons, EvseButton, async_add_entities)


class EvseButton[C, S](EvseEntity[C, S], ButtonEntity):
    """A button made of a description."""

    entity_description: ButtonDescription[C, S]

    @override
    async def async_press(self) -> None:
        await self.async_command(self.entity_description.press_fn(self.target))
