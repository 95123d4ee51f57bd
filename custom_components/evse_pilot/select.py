"""Select platform."""

from typing import Any, override

from homeassistant.components.select import SelectEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.descriptions import SelectDescription
from .entities.device import EvseConfigEntry
from .entities.entity import EvseEntity, async_add_as_called_for

# The charger's own lock keeps commands apart; waiting here would let each of them begin late.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EvseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities of the device."""
    async_add_as_called_for(entry, lambda entities: entities.selects, EvseSelect, async_add_entities)


class EvseSelect[C, S](EvseEntity[C, S], SelectEntity):
    """A choice among the options that the device offers."""

    entity_description: SelectDescription[C, S, Any]

    @property
    @override
    def options(self) -> list[str]:
        description = self.entity_description
        options_fn = description.options_fn
        options = description.words if options_fn is None else options_fn(self.coordinator.data)
        return [str(option) for option in options]

    @property
    @override
    def current_option(self) -> str | None:
        return self.entity_description.value_fn(self.coordinator.data)

    @override
    async def async_select_option(self, option: str) -> None:
        value = self.entity_description.words(option)
        await self.async_command(self.entity_description.set_fn(self.target, value))
