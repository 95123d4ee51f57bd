"""Base of all entities, and the function that adds them."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast, override

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity, DataUpdateCoordinator

from ..runtime.errors import commanding, is_read_back
from .descriptions import Described, Entities
from .device import Device, EvseConfigEntry


class EvseEntity[C, S](CoordinatorEntity[DataUpdateCoordinator[S]]):
    """An entity of a device, made of a description."""

    _attr_has_entity_name = True

    def __init__(self, device: Device[C, S], description: Described[S]) -> None:
        """Set the id, the device and the translation key."""
        super().__init__(device.coordinator)
        self.entity_description = description
        self._device = device
        self._attr_unique_id = f"{device.id}_{description.key}"
        self._attr_translation_key = description.translation_key or description.key
        self._attr_device_info = device.info
        self._attr_assumed_state = description.assumed_state

    @property
    @override
    def available(self) -> bool:
        described = cast("Described[S]", self.entity_description)
        return super().available and described.available_fn(self.coordinator.data)

    @property
    def target(self) -> Any:
        """Return what a command of this entity goes to: the owner's controls for what is a claim of the owner."""
        if cast("Described[S]", self.entity_description).owners:
            return self._device.owner
        return self._device.target

    @property
    def _readings(self) -> DataUpdateCoordinator[Any]:
        """Return the coordinator of the charger, which is another one than that of a part such as its schedule."""
        assert self.coordinator.config_entry is not None
        readings: DataUpdateCoordinator[Any] = self.coordinator.config_entry.runtime_data.coordinator
        return readings

    async def async_command(self, command: Awaitable[Any]) -> None:
        """Send a command and read the charger afterwards, also after a command that may have been carried out."""
        try:
            with commanding(str(self._device.info.get("name"))):
                await command
        except HomeAssistantError as error:
            if is_read_back(error):
                await self._readings.async_refresh()
            raise
        await self.coordinator.async_refresh()


@callback
def async_add_as_called_for[D: Described[Any]](
    entry: EvseConfigEntry,
    platform: Callable[[Entities[Any, Any]], Iterable[D]],
    entity: Callable[[Device[Any, Any], D], Entity],
    async_add_entities: AddConfigEntryEntitiesCallback,
    *,
    found: Callable[[Entities[Any, Any]], Callable[[Any], Iterable[D]]] | None = None,
) -> None:
    """Add each entity of a platform when a state first has its value: a meter may be set up later.

    If its value is missing from a later state, the entity becomes unknown; it is not removed.
    """
    for device in (entry.runtime_data, *entry.runtime_data.parts):
        found_fn = None if found is None else found(device.entities)
        _async_add(entry, device, platform(device.entities), entity, async_add_entities, found_fn)


@callback
def _async_add[D: Described[Any]](
    entry: EvseConfigEntry,
    device: Device[Any, Any],
    descriptions: Iterable[D],
    entity: Callable[[Device[Any, Any], D], Entity],
    async_add_entities: AddConfigEntryEntitiesCallback,
    found_fn: Callable[[Any], Iterable[D]] | None,
) -> None:
    waiting = list(descriptions)
    found: set[str] = set()

    @callback
    def add() -> None:
        state = device.coordinator.data
        called_for = [description for description in waiting if description.exists_fn(state)]
        for description in called_for:
            waiting.remove(description)
        described = () if found_fn is None else found_fn(state)
        new = [description for description in described if description.key not in found]
        found.update(description.key for description in new)
        if called_for or new:
            async_add_entities(
                (entity(device, description) for description in (*called_for, *new)),
                config_subentry_id=device.subentry_id,
            )

    add()
    if waiting or found_fn is not None:
        entry.async_on_unload(device.coordinator.async_add_listener(add))
