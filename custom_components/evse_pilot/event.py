"""Event platform."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.descriptions import EventDescription
from .entities.device import EvseConfigEntry
from .entities.entity import EvseEntity, async_add_as_called_for

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EvseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities of the device."""
    async_add_as_called_for(entry, lambda entities: entities.events, EvseEvent, async_add_entities)


class EvseEvent[C, S](EvseEntity[C, S], EventEntity):
    """Events made of a description; the last one is restored by Home Assistant."""

    entity_description: EventDescription[C, S]
    # The number of a card is for automations, and in no history.
    _unrecorded_attributes = frozenset({"card"})

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.entity_description.listen_fn(self._device.target, self._on_event))

    @callback
    def _on_event(self, event_type: str, attributes: Mapping[str, Any]) -> None:
        self._trigger_event(event_type, dict(attributes))
        self.async_write_ha_state()
