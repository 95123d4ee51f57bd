"""The switches of an Otherbox."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import OtherboxEntity


class OtherboxAllows(OtherboxEntity, SwitchEntity):
    """Whether a car may charge."""

    @property
    @override
    def is_on(self) -> bool:
        return bool(self.coordinator.data["allowed"])

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self.coordinator.async_command(allowed=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.coordinator.async_command(allowed=False)


class OtherboxSinglePhase(OtherboxEntity, SwitchEntity):
    """Whether it charges on one phase only."""

    @property
    @override
    def is_on(self) -> bool:
        return bool(self.coordinator.data["phases"] == 1)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self.coordinator.async_command(phases=1)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.coordinator.async_command(phases=3)


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that it has."""
    coordinator = entry.runtime_data
    if coordinator.data["has_switch"]:
        async_add_entities([OtherboxAllows(coordinator, "charging_allowed")])
    async_add_entities([OtherboxSinglePhase(coordinator, "single_phase")])
