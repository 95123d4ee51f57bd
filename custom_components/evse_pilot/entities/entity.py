"""Base of all entities, and the function that adds them."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, cast, override

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import (
    AddConfigEntryEntitiesCallback,
    EntityPlatform,
    async_get_current_platform,
)
from homeassistant.helpers.update_coordinator import CoordinatorEntity, DataUpdateCoordinator

from ..const import DOMAIN
from ..runtime.coordinator import ChargerCoordinator
from ..runtime.errors import commanding, is_read_back
from .additions import Additions, Found
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
                await _async_read_back(self._readings)
            raise
        await _async_read_back(self.coordinator)


async def _async_read_back(readings: DataUpdateCoordinator[Any]) -> None:
    """Read again what a command has changed: a charger once for all commands that wait for it."""
    if isinstance(readings, ChargerCoordinator):
        await readings.async_read_back()
    else:
        await readings.async_refresh()


@callback
def async_add_as_called_for[D: Described[Any]](
    entry: EvseConfigEntry,
    platform: Callable[[Entities[Any, Any]], Iterable[D]],
    entity: Callable[[Device[Any, Any], D], Entity],
    async_add_entities: AddConfigEntryEntitiesCallback,
    *,
    found: Callable[[Entities[Any, Any]], Found[D]] | None = None,
) -> None:
    """Add each entity of a platform when two readings in a row had its value: a meter may be set up later.

    One of a schedule is added with the first schedule. One that was there before Home Assistant started is added at
    once. If its value is missing from a state, an entity is unknown; it is not removed, unless it has to make room.
    """
    readings, ha_platform = entry.runtime_data.coordinator, async_get_current_platform()
    for device in (entry.runtime_data, *entry.runtime_data.parts):
        additions = Additions(
            platform(device.entities),
            None if found is None else found(device.entities),
            partial(_remove, ha_platform, device),
        )
        add = partial(_add, device, entity, async_add_entities)
        add(additions.known(_known(entry, device)))
        if not device.depends_on_answers or not isinstance(readings, ChargerCoordinator):
            _follow(entry, device.coordinator.async_add_listener, device, additions.now, add)
            continue
        if readings.earlier is not None:
            # The parts of a charger had no state yet.
            additions.note(readings.earlier if device is entry.runtime_data else device.coordinator.data)
        _follow(entry, readings.async_add_state_listener, device, additions.twice, add)


def _follow[D](
    entry: EvseConfigEntry,
    async_listen: Callable[[CALLBACK_TYPE], CALLBACK_TYPE],
    device: Device[Any, Any],
    new: Callable[[Any], list[D]],
    add: Callable[[list[D]], None],
) -> None:
    """Add what is new in the state of a device, now and whenever the listener is called."""

    @callback
    def look() -> None:
        add(new(device.coordinator.data))

    look()
    entry.async_on_unload(async_listen(look))


def _add[D](
    device: Device[Any, Any],
    entity: Callable[[Device[Any, Any], D], Entity],
    async_add_entities: AddConfigEntryEntitiesCallback,
    new: list[D],
) -> None:
    if new:
        async_add_entities(
            [entity(device, description) for description in new], config_subentry_id=device.subentry_id
        )


def _remove(platform: EntityPlatform, device: Device[Any, Any], key: str) -> None:
    """Remove an entity of a device from the registry, and with that from Home Assistant."""
    registry = er.async_get(platform.hass)
    entity_id = registry.async_get_entity_id(platform.domain, DOMAIN, f"{device.id}_{key}")
    if entity_id is not None:
        registry.async_remove(entity_id)


def _known(entry: EvseConfigEntry, device: Device[Any, Any]) -> dict[str, str]:
    """Return the entities that the registry has of a device for the platform that is set up: keys and names."""
    platform = async_get_current_platform()
    registry = er.async_get(platform.hass)
    prefix = f"{device.id}_"
    return {
        item.unique_id.removeprefix(prefix): item.original_name or ""
        for item in er.async_entries_for_config_entry(registry, entry.entry_id)
        if item.domain == platform.domain and item.unique_id.startswith(prefix)
    }
